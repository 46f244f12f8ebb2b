"""A cron expression in a zone: the instants at which it comes due."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from msgspec import Struct

from jobrunner.cron.clockchange import (
    BOTH,
    FIXED,
    SKIP,
    WILD,
    Change,
    Policy,
    change_over,
    changes,
    offset_at,
)
from jobrunner.cron.day import FIRST_DAY, LAST_DAY
from jobrunner.cron.expression import Expression
from jobrunner.cron.wall import Wall
from jobrunner.cron.words import describe

SECOND = timedelta(seconds=1)
# Changes of clocks are looked for so far ahead at a time, not up to the end of time.
BLOCK = timedelta(days=60)
# A day inside the years that slots lie in, so that no offset leads out of what datetime can hold.
EARLIEST = datetime(FIRST_DAY.year - 1, 12, 30, tzinfo=UTC)
LATEST = datetime(LAST_DAY.year + 1, 1, 2, tzinfo=UTC)

Dst = Literal["cron", "skip", "both", "utc"]


class Stretch(Struct, frozen=True):
    """Wall-clock time from `first` up to `stop` under one offset.

    `caught_up` is an instant before them at which skipped slots run.
    """

    offset: timedelta
    first: datetime
    stop: datetime
    caught_up: datetime | None = None

    def instants(self, wall: Wall) -> Iterator[datetime]:
        if self.caught_up:
            yield self.caught_up
        for shown in wall.each(self.first, self.stop):
            yield _instant(shown, self.offset)

    def count(self, wall: Wall) -> int:
        return wall.count(self.first, self.stop) + (self.caught_up is not None)


class CronSchedule(Struct, frozen=True):
    """The instants of one cron expression in one zone; see `jobrunner.model.schedule.Schedule`.

    Two are equal if expression, zone and rule for changes of clocks are.
    """

    expression: Expression
    zone: tzinfo
    dst: Dst = "cron"

    def next_after(self, moment: datetime) -> datetime | None:
        """The first instant strictly after `moment`; None when there is none."""
        moment = _within(moment)
        shown, change = self._shown(moment)
        if change and moment < change.at:
            found = self._in(change, self._wall.after(shown), change.before)
            if found:
                return found
            shown = change.arrives - SECOND
        if change:
            found = self._in(change, self._wall.after(shown), change.after)
            if found and self._policy.repeats(change):
                return found
            shown = change.leaves - SECOND
        return self._first_after(shown)

    def previous_before(self, moment: datetime) -> datetime | None:
        """The last instant strictly before `moment`; None when there is none."""
        moment = _within(moment)
        if moment.microsecond:
            moment = moment.replace(microsecond=0) + SECOND
        shown, change = self._shown(moment)
        if change and moment >= change.at:
            found = self._in(change, self._wall.before(shown), change.after)
            if found and self._policy.repeats(change):
                return found
            shown = change.leaves
        if change:
            found = self._in(change, self._wall.before(shown), change.before)
            if found:
                return found
            shown = change.arrives
        return self._last_before(shown, moment)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every instant in (after, until], in order."""
        after, until = _within(after), _within(until)
        return (
            self._told(instant)
            for stretch in self._stretches(after, until)
            for instant in stretch.instants(self._wall)
        )

    def count(self, after: datetime, until: datetime) -> int:
        """How many instants lie in (after, until], without visiting each one."""
        after, until = _within(after), _within(until)
        return sum(stretch.count(self._wall) for stretch in self._stretches(after, until))

    def describe(self) -> str:
        """The schedule in English words: "At 02:30 on weekdays"."""
        return describe(self.expression) + (" in UTC" if self.dst == "utc" else "")

    @property
    def _wall(self) -> Wall:
        return self.expression.wall

    @property
    def _clock(self) -> tzinfo:
        """The zone whose wall clock the fields are read on."""
        return UTC if self.dst == "utc" else self.zone

    @property
    def _policy(self) -> Policy:
        match self.dst:
            case "skip":
                return SKIP
            case "both":
                return BOTH
        return WILD if self.expression.wild else FIXED

    def _told(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def _shown(self, moment: datetime) -> tuple[datetime, Change | None]:
        """What the clock shows at `moment`, and the change if it shows that twice."""
        shown = moment.astimezone(self._clock).replace(tzinfo=None, fold=0)
        return shown, change_over(self._clock, shown)

    def _offset(self, shown: datetime) -> timedelta:
        return shown.replace(tzinfo=self._clock).utcoffset() or timedelta(0)

    def _in(self, change: Change, shown: datetime | None, offset: timedelta) -> datetime | None:
        """The instant of a time in a repeated stretch, in the pass with that offset."""
        if shown is None or not change.arrives <= shown < change.leaves:
            return None
        return self._told(_instant(shown, offset))

    def _first_after(self, shown: datetime) -> datetime | None:
        """The first slot whose wall-clock time is after `shown`, which no pass still repeats."""
        while found := self._wall.after(shown):
            change = change_over(self._clock, found)
            if not change:
                return self._told(_instant(found, self._offset(found)))
            if not change.skips:
                return self._told(_instant(found, change.before))
            if self._policy.catches_up(change):
                return self._told(change.at)
            shown = change.arrives - SECOND
        return None

    def _last_before(self, shown: datetime, moment: datetime) -> datetime | None:
        """The last slot whose wall-clock time is before `shown`, and itself before `moment`."""
        while found := self._wall.before(shown):
            change = change_over(self._clock, found)
            if not change:
                return self._told(_instant(found, self._offset(found)))
            if not change.skips:
                again = self._policy.repeats(change)
                return self._told(_instant(found, change.after if again else change.before))
            if self._policy.catches_up(change) and change.at < moment:
                return self._told(change.at)
            shown = change.leaves
        return None

    def _stretches(self, after: datetime, until: datetime) -> Iterator[Stretch]:
        """The time (after, until] in pieces, cut where the clock changes."""
        start = after.replace(microsecond=0) + SECOND
        stop = until.replace(microsecond=0) + SECOND
        while start < stop:
            end = min(start + BLOCK, stop)
            yield from self._pieces(start, end)
            start = end

    def _pieces(self, start: datetime, stop: datetime) -> Iterator[Stretch]:
        change = self._shown(start)[1]
        if change and start < change.at:
            change = None
        for later in changes(self._clock, start - SECOND, stop - SECOND):
            if start < later.at:
                yield self._stretch(change, start, later.at)
            change, start = later, later.at
        yield self._stretch(change, start, stop)

    def _stretch(self, change: Change | None, start: datetime, stop: datetime) -> Stretch:
        """The slots from `start` up to `stop`; `change` is the last one before, if it matters."""
        offset = offset_at(self._clock, start)
        first, last = _shown_with(offset, start), _shown_with(offset, stop)
        if change is None or self._policy.repeats(change):
            return Stretch(offset, first, last)
        if not change.skips:
            return Stretch(offset, max(first, change.leaves), last)
        skipped = self._wall.count(change.leaves, change.arrives)
        if skipped and self._policy.catches_up(change) and start == change.at < stop:
            return Stretch(offset, first + SECOND, last, change.at)
        return Stretch(offset, first, last)


def _within(moment: datetime) -> datetime:
    """The moment in UTC, or the nearest one in the years that slots lie in."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone")
    if moment.year < EARLIEST.year:
        return EARLIEST
    if moment.year > LATEST.year:
        return LATEST
    return moment.astimezone(UTC)


def _shown_with(offset: timedelta, moment: datetime) -> datetime:
    return moment.replace(tzinfo=None) + offset


def _instant(shown: datetime, offset: timedelta) -> datetime:
    return (shown - offset).replace(tzinfo=UTC)

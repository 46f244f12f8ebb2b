"""`every = "90s"`: an interval, from a time that it is counted from."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from msgspec import Struct

from jobrunner.errors import UnusableError
from jobrunner.model.schedule import Schedule
from jobrunner.schedule.walk import walk
from jobrunner.schedule.wall import DAY, day_of, instant, midnight, shown
from jobrunner.words import spell

SHORTEST = timedelta(seconds=1)


def every(interval: timedelta, zone: tzinfo, start: datetime | None, seen: datetime) -> Schedule:
    """The slots of `every`.

    1. Whole days keep their wall-clock time over changes of clocks; shorter units count real time.
    2. They count from `start` if there is one;
    3. else from midnight, if the interval divides a day: each day begins anew;
    4. else from the moment the job was first seen.
    """
    if interval < SHORTEST:
        raise UnusableError(f"every = {spell(interval)}: at least 1s")
    if start is None and not counts_from_first_sight(interval, has_start=False):
        return EachDay(interval, zone)
    anchor = start or seen
    if not interval % DAY:
        return Days(interval // DAY, zone, shown(anchor, zone))
    return Steady(interval, anchor.astimezone(UTC))


def counts_from_first_sight(interval: timedelta, *, has_start: bool) -> bool:
    """Whether only the first tick that sees the job can tell its slots."""
    return not has_start and bool(DAY % interval)


class Steady(Struct, frozen=True):
    """Every so much real time, from one instant on and before it."""

    interval: timedelta
    anchor: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        return self._slot((moment - self.anchor) // self.interval + 1)

    def previous_before(self, moment: datetime) -> datetime | None:
        return self._slot(-((self.anchor - moment) // self.interval) - 1)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        first, last = ((edge - self.anchor) // self.interval for edge in (after, until))
        return max(0, last - first)

    def describe(self) -> str:
        return f"Every {spell(self.interval)}, counted from {self.anchor:%Y-%m-%d %H:%M:%S} UTC"

    def _slot(self, number: int) -> datetime | None:
        try:
            return self.anchor + number * self.interval
        except OverflowError:
            return None


class Days(Struct, frozen=True):
    """Every so many days, at one wall-clock time."""

    days: int
    zone: tzinfo
    anchor: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        number = self._number(moment) - 1
        while (slot := self._slot(number)) is not None and slot <= moment:
            number += 1
        return slot

    def previous_before(self, moment: datetime) -> datetime | None:
        number = self._number(moment) + 1
        while (slot := self._slot(number)) is not None and slot >= moment:
            number -= 1
        return slot

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        return max(0, self._seen_at(until) - self._seen_at(after))

    def describe(self) -> str:
        often = "Every day" if self.days == 1 else f"Every {self.days} days"
        return f"{often} at {self.anchor:%H:%M}, from {self.anchor:%Y-%m-%d}"

    def _seen_at(self, moment: datetime) -> int:
        """The number of the last slot up to and including `moment`."""
        number = self._number(moment) + 1
        while (slot := self._slot(number)) is None or slot > moment:
            number -= 1
        return number

    def _number(self, moment: datetime) -> int:
        return (shown(moment, self.zone) - self.anchor) // (self.days * DAY)

    def _slot(self, number: int) -> datetime | None:
        try:
            return instant(self.anchor + number * self.days * DAY, self.zone)
        except OverflowError:
            return None


class EachDay(Struct, frozen=True):
    """Every so much real time from midnight on; each day begins anew."""

    interval: timedelta
    zone: tzinfo

    def next_after(self, moment: datetime) -> datetime | None:
        try:
            return self._next(moment, day_of(moment, self.zone))
        except OverflowError:
            return None

    def previous_before(self, moment: datetime) -> datetime | None:
        try:
            return self._previous(moment, day_of(moment, self.zone))
        except OverflowError:
            return None

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        if until <= after:
            return 0
        first, last = day_of(after, self.zone), day_of(until, self.zone)
        whole = sum(self._slots(first + n * DAY) for n in range((last - first).days))
        return whole + self._since_midnight(until) - self._since_midnight(after)

    def describe(self) -> str:
        return f"Every {spell(self.interval)} from midnight"

    def _next(self, moment: datetime, day: date) -> datetime:
        begins = midnight(day, self.zone)
        slot = begins + ((moment - begins) // self.interval + 1) * self.interval
        return min(slot, self._end(day))

    def _previous(self, moment: datetime, day: date) -> datetime:
        while (begins := midnight(day, self.zone)) >= moment:
            day -= DAY
        return begins + -((begins - moment) // self.interval + 1) * self.interval

    def _end(self, day: date) -> datetime:
        return midnight(day + DAY, self.zone)

    def _slots(self, day: date) -> int:
        return -((midnight(day, self.zone) - self._end(day)) // self.interval)

    def _since_midnight(self, moment: datetime) -> int:
        begins = midnight(day_of(moment, self.zone), self.zone)
        return (moment - begins) // self.interval + 1

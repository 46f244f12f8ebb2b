"""Which slots of a schedule count: from one date to another, on some days, at some hours."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec import Struct

from jobrunner.model.schedule import Schedule
from jobrunner.model.value import Window, Windows
from jobrunner.schedule.walk import step, walk
from jobrunner.schedule.wall import (
    DAY,
    TICK,
    day_of,
    midnight,
    past,
    pieces,
    shown,
    since_midnight,
)
from jobrunner.words import listed

# How far to look for a slot that counts before it is said that there is none: a schedule that is
# refused so many times in a row is refused for ever, or as good as that.
REFUSALS = 500
HORIZON = timedelta(days=366 * 40)


class Within(Struct, frozen=True):
    """Only slots from `first` to `last`, both included; None leaves a side open."""

    inner: Schedule
    first: datetime | None
    last: datetime | None

    def next_after(self, moment: datetime) -> datetime | None:
        slot = step(self.inner, self._clamp(moment), ahead=True)
        return None if slot is None or (self.last and slot > self.last) else slot

    def previous_before(self, moment: datetime) -> datetime | None:
        if self.last and moment > self.last:
            moment = self.last + TICK
        slot = step(self.inner, moment, ahead=False)
        return None if slot is None or (self.first and slot < self.first) else slot

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        if self.last and until > self.last:
            until = self.last
        return self.inner.count(self._clamp(after), until)

    def describe(self) -> str:
        return self.inner.describe()

    def _clamp(self, moment: datetime) -> datetime:
        return self.first - TICK if self.first and moment < self.first else moment


class DaysOff(Struct, frozen=True):
    """Only slots on days that are not off."""

    inner: Schedule
    zone: tzinfo
    is_off: Callable[[date], bool]
    words: str

    def next_after(self, moment: datetime) -> datetime | None:
        return _seek(self.inner, moment, self._end, ahead=True)

    def previous_before(self, moment: datetime) -> datetime | None:
        return _seek(self.inner, moment, self._begin, ahead=False)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        total, day = self.inner.count(after, until), day_of(after, self.zone)
        while (begins := midnight(day, self.zone)) <= until:
            if self.is_off(day):
                ends = midnight(day + DAY, self.zone) - TICK
                total -= self.inner.count(max(after, begins - TICK), min(until, ends))
            day += DAY
        return max(0, total)

    def describe(self) -> str:
        return f"{self.inner.describe()}, except {self.words}"

    def _begin(self, slot: datetime) -> datetime | None:
        day = day_of(slot, self.zone)
        return midnight(day, self.zone) if self.is_off(day) else None

    def _end(self, slot: datetime) -> datetime | None:
        day = day_of(slot, self.zone)
        return midnight(day + DAY, self.zone) - TICK if self.is_off(day) else None


class Hours(Struct, frozen=True):
    """Only slots at which clocks show a time inside one of the windows, both ends included."""

    inner: Schedule
    zone: tzinfo
    windows: Windows

    def next_after(self, moment: datetime) -> datetime | None:
        return _seek(self.inner, moment, self._opening, ahead=True)

    def previous_before(self, moment: datetime) -> datetime | None:
        return _seek(self.inner, moment, self._closing, ahead=False)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        total, day = 0, day_of(after, self.zone)
        while midnight(day, self.zone) <= until:
            total += sum(self._count_piece(piece, after, until) for piece in pieces(day, self.zone))
            day += DAY
        return total

    def describe(self) -> str:
        return f"{self.inner.describe()}, between {listed(map(_window_words, self.windows), 'or')}"

    def _count_piece(
        self, piece: tuple[datetime, datetime], after: datetime, until: datetime
    ) -> int:
        """How many slots of an evenly running piece of a day lie in a window."""
        begins, ends = piece
        midnight_was = begins - since_midnight(shown(begins, self.zone))
        after, until = max(after, begins - TICK), min(until, ends - TICK)
        edges = (
            [midnight_was + _since_midnight(edge) for edge in span] for span in spans(self.windows)
        )
        return sum(self.inner.count(max(after, a - TICK), min(until, b)) for a, b in edges)

    def _is_open(self, slot: datetime) -> bool:
        of_day = shown(slot, self.zone).time()
        return any(opens <= of_day <= closes for opens, closes in spans(self.windows))

    def _opening(self, slot: datetime) -> datetime | None:
        """Just before the next opening, unless it is open at `slot`."""
        if self._is_open(slot):
            return None
        since = _since_midnight(shown(slot, self.zone).time())
        waits = (_since_midnight(opens) - since for opens, _ in spans(self.windows))
        return past(slot, min(wait % DAY for wait in waits), self.zone) - TICK

    def _closing(self, slot: datetime) -> datetime | None:
        """Just after the last closing, unless it is open at `slot`."""
        if self._is_open(slot):
            return None
        since = _since_midnight(shown(slot, self.zone).time())
        waits = (since - _since_midnight(closes) for _, closes in spans(self.windows))
        return past(slot, -min(wait % DAY for wait in waits), self.zone) + TICK


@lru_cache(maxsize=256)
def spans(windows: Windows) -> tuple[tuple[time, time], ...]:
    """The windows as sorted stretches of one day that neither overlap nor cross midnight."""
    pieces: list[tuple[time, time]] = []
    for piece in sorted(piece for window in windows for piece in _split(window)):
        if pieces and piece[0] <= pieces[-1][1]:
            opens, closes = pieces.pop()
            pieces.append((opens, max(closes, piece[1])))
        else:
            pieces.append(piece)
    return tuple(pieces)


def _split(window: Window) -> list[tuple[time, time]]:
    closes = window.closes or time.max
    if window.opens <= closes:
        return [(window.opens, closes)]
    return [(window.opens, time.max), (time.min, closes)]


def _seek(
    inner: Schedule,
    moment: datetime,
    refuse: Callable[[datetime], datetime | None],
    *,
    ahead: bool,
) -> datetime | None:
    """The nearest slot that `refuse` lets pass; else it says from where to look on."""
    place = moment
    for _ in range(REFUSALS):
        slot = step(inner, place, ahead=ahead)
        if slot is None or abs(slot - moment) > HORIZON:
            return None
        try:
            onward = refuse(slot)
        except OverflowError:  # the calendar ends on that day
            return None
        if onward is None:
            return slot
        place = onward
    return None


def _since_midnight(of_day: time) -> timedelta:
    return datetime.combine(date.min, of_day) - datetime.combine(date.min, time.min)


def _window_words(window: Window) -> str:
    closes = f"{window.closes:%H:%M}" if window.closes else "24:00"
    return f"{window.opens:%H:%M} and {closes}"

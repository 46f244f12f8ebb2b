"""Holidays: which days they are, and moving their slots to a business day."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from msgspec import Struct

from jobrunner.model.schedule import Schedule
from jobrunner.schedule.day import Days
from jobrunner.schedule.walk import step, walk
from jobrunner.schedule.wall import (
    DAY,
    TICK,
    day_of,
    furthest_shown,
    instant,
    midnight,
    pieces,
    shown,
    since_midnight,
)

# No slot is moved further than this; a country with more holidays in a row has no business days.
REACH = 31
SATURDAY = 5
# Days looked at one by one before it is said that there is no slot.
DAYS_LOOKED_AT = 4000


class Moved(Struct, frozen=True):
    """Slots on a holiday come at the same time of the next or the previous business day."""

    inner: Schedule
    zone: tzinfo
    holidays: Days
    to: Literal["next", "previous"]

    def next_after(self, moment: datetime) -> datetime | None:
        try:
            return self._nearest(moment, ahead=True)
        except OverflowError:  # the calendar ends there
            return None

    def previous_before(self, moment: datetime) -> datetime | None:
        try:
            return self._nearest(moment, ahead=False)
        except OverflowError:
            return None

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        total, day = 0, day_of(after, self.zone)
        while (begins := midnight(day, self.zone)) <= until:
            ends = midnight(day + DAY, self.zone) - TICK
            total += self._count_day(day, max(after, begins - TICK), min(until, ends))
            day += DAY
        return total

    def describe(self) -> str:
        return f"{self.inner.describe()}, on holidays the {self.to} business day instead"

    def _count_day(self, day: date, after: datetime, until: datetime) -> int:
        sources = self._sources(day)
        if sources == [day]:
            return self.inner.count(after, until)
        slots = {slot for source in sources for slot in self._moved(source, day)}
        return sum(after < slot <= until for slot in slots)

    def _nearest(self, moment: datetime, *, ahead: bool) -> datetime | None:
        day = day_of(moment, self.zone)
        for _ in range(DAYS_LOOKED_AT):
            slots = (self._on(day, source, moment, ahead=ahead) for source in self._sources(day))
            found = [slot for slot in slots if slot is not None]
            if found:
                return min(found) if ahead else max(found)
            onward = self._onward(day, ahead=ahead)
            if onward is None:
                return None
            day = onward
        return None

    def _onward(self, day: date, *, ahead: bool) -> date | None:
        """The next day that may have slots: no further than REACH from the next slot there is."""
        way = DAY if ahead else -DAY
        edge = midnight(day + DAY, self.zone) - TICK if ahead else midnight(day, self.zone)
        far = edge - REACH * way
        slot = step(self.inner, far, ahead=ahead)
        if slot is None:
            return None
        near = day_of(slot, self.zone) - REACH * way
        return max(day + way, near) if ahead else min(day + way, near)

    def _on(self, day: date, source: date, moment: datetime, *, ahead: bool) -> datetime | None:
        """The nearest slot on `day` that comes from `source`.

        On the way the order of slots may turn round, but not within one piece of `source`.
        """
        found = [
            self._carry(slot, day)
            for piece in pieces(source, self.zone)
            if (slot := self._from(piece, day, moment, ahead=ahead)) is not None
        ]
        return (min if ahead else max)(found, default=None)

    def _from(
        self, piece: tuple[datetime, datetime], day: date, moment: datetime, *, ahead: bool
    ) -> datetime | None:
        """The slot in a piece of a day that comes nearest to `moment`, once moved to `day`."""
        begins, ends = piece
        near = begins - TICK if ahead else ends
        if day_of(begins, self.zone) == day:  # it stays where it is
            near = moment
        elif day_of(moment, self.zone) == day:
            seen = furthest_shown(moment if ahead else moment - TICK, day, self.zone)
            if seen is not None:
                passed = since_midnight(seen) - since_midnight(shown(begins, self.zone))
                near = begins + passed + (timedelta() if ahead else TICK)
            elif not ahead:
                return None
        slot = step(self.inner, min(max(near, begins - TICK), ends), ahead=ahead)
        return slot if slot is not None and begins <= slot < ends else None

    def _moved(self, source: date, day: date) -> Iterator[datetime]:
        begins, ends = midnight(source, self.zone), midnight(source + DAY, self.zone)
        for slot in self.inner.between(begins - TICK, ends - TICK):
            yield self._carry(slot, day)

    def _carry(self, moment: datetime, day: date) -> datetime:
        """The same time of `day`; on its own day a slot stays what it is."""
        if day_of(moment, self.zone) == day:
            return moment
        return instant(datetime.combine(day, shown(moment, self.zone).time()), self.zone)

    def _sources(self, day: date) -> list[date]:
        """The days whose slots come on `day`: itself, and holidays that are moved to it."""
        own = [] if day in self.holidays else [day]
        return own + list(self._holidays_moved_to(day)) if self._is_business(day) else own

    def _holidays_moved_to(self, day: date) -> Iterator[date]:
        way = -DAY if self.to == "next" else DAY
        source = day + way
        while not self._is_business(source) and abs(source - day) <= timedelta(days=REACH):
            if source in self.holidays:
                yield source
            source += way

    def _is_business(self, day: date) -> bool:
        """A working day, and one that this zone has: some were left out of the calendar."""
        exists = midnight(day, self.zone) < midnight(day + DAY, self.zone)
        return day.weekday() < SATURDAY and day not in self.holidays and exists

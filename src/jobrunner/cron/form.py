"""Days that numbers alone cannot name: L, LW, 15W, 5L and MON#2."""

from datetime import date
from enum import Enum

from msgspec import Struct

from jobrunner.cron.month import length

ALL_DAYS = frozenset(range(1, 32))
ALL_WEEKDAYS = frozenset(range(7))
WORKDAYS = frozenset(range(1, 6))
SATURDAY, SUNDAY = 5, 6
WEEK = 7


class Kind(Enum):
    """What a form counts from."""

    LAST = "L"
    LAST_WORKDAY = "LW"
    NEAREST = "15W"
    LAST_WEEKDAY = "5L"
    NTH_WEEKDAY = "MON#2"


class Form(Struct, frozen=True):
    """One such form: `days` and `weekdays` bound it, `holds` decides.

    `number` is the day of 15W and the weekday (0 is Sunday) of 5L and MON#2, `nth` the 2 of MON#2.
    """

    kind: Kind
    number: int = 0
    nth: int = 0

    @property
    def days(self) -> frozenset[int]:
        """The days of the month on which it can fall."""
        match self.kind:
            case Kind.LAST:
                return frozenset(range(28, 32))
            case Kind.LAST_WORKDAY:
                return frozenset(range(26, 32))
            case Kind.NEAREST:
                return frozenset(range(max(1, self.number - 2), min(31, self.number + 2) + 1))
            case Kind.LAST_WEEKDAY:
                return frozenset(range(22, 32))
            case Kind.NTH_WEEKDAY:
                first = (self.nth - 1) * WEEK + 1
                return frozenset(range(first, min(31, first + WEEK - 1) + 1))

    @property
    def weekdays(self) -> frozenset[int]:
        """The weekdays on which it can fall."""
        match self.kind:
            case Kind.LAST:
                return ALL_WEEKDAYS
            case Kind.LAST_WORKDAY | Kind.NEAREST:
                return WORKDAYS
            case Kind.LAST_WEEKDAY | Kind.NTH_WEEKDAY:
                return frozenset({self.number})

    def holds(self, day: date) -> bool:
        """Whether `day`, one of `days` and of `weekdays`, is meant."""
        last = length(day.year, day.month)
        match self.kind:
            case Kind.LAST:
                return day.day == last
            case Kind.LAST_WORKDAY:
                return day.day == nearest_workday(day.year, day.month, last)
            case Kind.NEAREST:
                return self.number <= last and (
                    day.day == nearest_workday(day.year, day.month, self.number)
                )
            case Kind.LAST_WEEKDAY:
                return day.day + WEEK > last
            case Kind.NTH_WEEKDAY:
                return True


def nearest_workday(year: int, month: int, day: int) -> int:
    """The day from Monday to Friday nearest to `day`, in the same month."""
    last = length(year, month)
    weekday = date(year, month, day).weekday()
    if weekday == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == SUNDAY:
        return day + 1 if day < last else day - 2
    return day

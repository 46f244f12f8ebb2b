"""Small values that jobs.toml spells in its own way: durations, sizes, zones, dates, windows."""

from datetime import date, datetime, time, timedelta, tzinfo

from msgspec import Struct


class Duration(timedelta):
    """A length of time, written "90s", "1h30m" or as a number of seconds."""

    __slots__ = ()


class Size(int):
    """A number of bytes, written "512KiB" or as a number."""

    __slots__ = ()


class Words(tuple[str, ...]):
    """One string or a list of them; always a tuple here."""

    __slots__ = ()


class Zone(Struct, frozen=True):
    """A time zone: the name it was given, and what it means."""

    name: str
    info: tzinfo


class Moment(Struct, frozen=True):
    """A date, which is a whole day, or a date-time, which is an instant.

    Without an offset a date-time is wall-clock time in the job's zone.
    """

    value: date | datetime


class Moments(tuple[Moment, ...]):
    """One moment or a list of them; always a tuple here."""

    __slots__ = ()


class Window(Struct, frozen=True):
    """A time of day from `opens` to `closes`, both included; past midnight if `closes` is earlier.

    `closes` is None for midnight at the end of the day ("22:00-24:00").
    """

    opens: time
    closes: time | None


class Windows(tuple[Window, ...]):
    """One time-of-day window or a list of them; always a tuple here."""

    __slots__ = ()


class Dates(Struct, frozen=True):
    """A set of days: single ones, and those that come every year (as month and day)."""

    single: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def __contains__(self, day: object, /) -> bool:
        return isinstance(day, date) and (
            day in self.single or (day.month, day.day) in self.yearly
        )

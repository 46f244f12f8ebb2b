"""Small values that jobs.toml spells in its own way: durations, sizes, zones, dates, windows."""

from datetime import date, time, timedelta, tzinfo
from typing import Annotated

from msgspec import Meta, Struct

Natural = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Priority = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
Nice = Annotated[int, Meta(ge=-20, le=19)]
ExitCode = Annotated[int, Meta(ge=0, le=255)]
HttpStatus = Annotated[int, Meta(ge=100, le=599)]
Port = Annotated[int, Meta(ge=0, le=65535)]

# The description of a pattern is what a message calls it: `"a b" is not a name ...`.
Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{0,64}\Z",
        description="a name (at most 64 of A-Z a-z 0-9 _ . -)",
    ),
]
Account = Annotated[
    str,
    Meta(
        pattern=r"^(?:[A-Za-z_][A-Za-z0-9_.@\\-]{0,254}\$?|[0-9]{1,10})?\Z",
        description="the name or number of an account",
    ),
]
Variable = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,254}\Z",
        description="the name of a variable (A-Z a-z 0-9 _, no digit first)",
    ),
]
VariableName = Annotated[
    str,
    Meta(
        pattern=r"^(?:[A-Za-z_][A-Za-z0-9_]{0,254})?\Z",
        description="the name of a variable (A-Z a-z 0-9 _, no digit first)",
    ),
]
Octal = Annotated[
    str, Meta(pattern=r"^0?[0-7]{3}\Z", description='three octal digits in quotes ("022")')
]
Country = Annotated[
    str, Meta(pattern=r"^(?:[A-Z]{2,3})?\Z", description='the code of a country ("DE")')
]
Region = Annotated[
    str, Meta(pattern=r"^(?:[A-Za-z0-9]{1,10})?\Z", description='the code of a region ("BY")')
]
Target = Annotated[
    str,
    Meta(
        pattern=r"^(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?\Z",
        description='a function or class, "module:name"',
    ),
]


HostPattern = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.*?!\[\]-]{1,64}\Z",
        description="a host's name or a pattern of names (A-Z a-z 0-9 _ . - * ? [ ])",
    ),
]
Label = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.:/@+-]{1,64}\Z",
        description="a label (1 to 64 of A-Z a-z 0-9 _ . : / @ + -)",
    ),
]
Preference = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.:/@+*?!\[\]-]{1,64}\Z",
        description="a host's name, a pattern of names, or a label",
    ),
]
FilePath = Annotated[str, Meta(pattern=r"^[^\x00]{1,4096}\Z", description="the path of a file")]
WebAddress = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/?#]+\S*\Z",
        description="an address that begins with http:// or https://",
    ),
]


class Duration(timedelta):
    """A length of time, written "90s", "1h30m" or as a number of seconds."""

    __slots__ = ()


class Size(int):
    """A number of bytes, written "512KiB" or as a number."""

    __slots__ = ()


class Words(tuple[str, ...]):
    """One string or a list of them; always a tuple here."""

    __slots__ = ()


class Regex(str):
    """A regular expression of Python's `re` that compiles."""

    __slots__ = ()


class Signal(str):
    """The name of a signal, without SIG: "TERM"."""

    __slots__ = ()


class Secret(str):
    """A value that is shown to nobody: its repr tells only whether there is one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')" if self else "Secret('')"


class Zone(Struct, frozen=True):
    """A time zone: the name it was given, and what it means."""

    name: str
    info: tzinfo


class Moment(Struct, frozen=True):
    """A date, which is a whole day, or a date-time, which is an instant.

    Without an offset a date-time is wall-clock time in the job's zone.
    """

    value: date  # or a datetime, which is a date to Python


class Moments(tuple[Moment, ...]):
    """One moment or a list of them; always a tuple here."""

    __slots__ = ()


class Days(tuple[date, ...]):
    """One day or a list of them; always a tuple here."""

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
        return isinstance(day, date) and (day in self.single or (day.month, day.day) in self.yearly)

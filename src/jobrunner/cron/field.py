"""One field of a cron expression: text in, an explicit list of values out."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from jobrunner.cron.error import CronError, shown
from jobrunner.cron.form import Form, Kind
from jobrunner.cron.spread import draw

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

RANGE = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/([0-9]+))?", re.ASCII)
SPREAD = re.compile(r"H(?:\(([0-9]+)-([0-9]+)\))?(?:/([0-9]+))?", re.ASCII | re.IGNORECASE)
RANDOM = re.compile(r"R(?:[(/].*)?|.*~.*", re.IGNORECASE | re.DOTALL)
WORKDAY = re.compile(r"([0-9]+)W", re.ASCII | re.IGNORECASE)
LAST_WEEKDAY = re.compile(r"([0-7])L", re.ASCII | re.IGNORECASE)
NTH_WEEKDAY = re.compile(r"([a-z]{3}|[0-7])#([0-9]+)", re.ASCII | re.IGNORECASE)
MOST_WEEKS = 5


class Place(Struct, frozen=True, eq=False):
    """Where a field stands: its name, its bounds, the names of its values."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    spread_high: int | None = None

    @property
    def allowed(self) -> str:
        named = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.low}-{self.high}{named}"


SECOND = Place("second", 0, 59)
MINUTE = Place("minute", 0, 59)
HOUR = Place("hour", 0, 23)
# H keeps to days and weekdays that every month and week has once.
DAY = Place("day", 1, 31, spread_high=28)
MONTH = Place("month", 1, 12, MONTHS)
WEEKDAY = Place("weekday", 0, 7, WEEKDAYS, spread_high=6)
YEAR = Place("year", 1970, 2099)


class Field(Struct, frozen=True):
    """What a field means: plain values in order, forms beside them, does it start with *."""

    text: str
    values: tuple[int, ...]
    forms: tuple[Form, ...] = ()
    starred: bool = False


class Piece(Struct, frozen=True):
    """One element of a comma-separated list, and where it starts in the field."""

    place: Place
    text: str
    start: int

    def trouble(self, message: str, value: str = "", start: int = 0) -> CronError:
        """An error about `value` at `start` in this piece; without a value, about all of it."""
        begin = self.start + start
        value = value or self.text
        return CronError(
            message,
            field=self.place.name,
            value=value,
            allowed=self.place.allowed,
            span=(begin, begin + len(value)),
        )


@lru_cache(maxsize=8192)
def read_field(place: Place, text: str, name: str) -> Field:
    """The values that `text` stands for, as in crontab(5) of Debian, and our extensions.

    `name` is the job's, for H; it may be empty where the text has no H.
    """
    if text == "?" and place in (DAY, WEEKDAY):
        return Field(text, _everything(place), starred=True)
    values: set[int] = set()
    forms: list[Form] = []
    for piece in _pieces(place, text):
        form = _form(piece)
        if form:
            forms.append(form)
        else:
            values.update(_values(piece, name))
    _refuse_mixed_workdays(place, text, values, forms)
    if place is WEEKDAY:
        values = {value % 7 for value in values}
    return Field(text, tuple(sorted(values)), tuple(forms), text.startswith("*"))


def _everything(place: Place) -> tuple[int, ...]:
    return tuple(range(place.low, 7 if place is WEEKDAY else place.high + 1))


def _pieces(place: Place, text: str) -> Iterator[Piece]:
    start = 0
    for part in text.split(","):
        if not part:
            raise _empty(place, text, start)
        yield Piece(place, part, start)
        start += len(part) + 1


def _empty(place: Place, text: str, start: int) -> CronError:
    comma = min(start, len(text) - 1)
    return CronError(
        f"{place.name} {shown(text)} has a comma too many",
        field=place.name,
        value=text,
        allowed=place.allowed,
        span=(comma, comma + 1),
    )


def _form(piece: Piece) -> Form | None:
    """L, LW and 15W in the day field, 5L and MON#2 in the weekday field."""
    if piece.place is DAY:
        return _day_form(piece)
    if piece.place is WEEKDAY:
        return _weekday_form(piece)
    return None


def _day_form(piece: Piece) -> Form | None:
    match piece.text.upper():
        case "L":
            return Form(Kind.LAST)
        case "LW":
            return Form(Kind.LAST_WORKDAY)
    found = WORKDAY.fullmatch(piece.text)
    return Form(Kind.NEAREST, _number(piece, found[1], 0)) if found else None


def _weekday_form(piece: Piece) -> Form | None:
    if found := LAST_WEEKDAY.fullmatch(piece.text):
        return Form(Kind.LAST_WEEKDAY, int(found[1]) % 7)
    found = NTH_WEEKDAY.fullmatch(piece.text)
    if not found:
        return None
    number, nth = _number(piece, found[1], 0), int(found[2])
    if not 1 <= nth <= MOST_WEEKS:
        raise piece.trouble(
            f"weekday {shown(piece.text)}: a month has a first to a fifth of each, not {nth}",
        )
    return Form(Kind.NTH_WEEKDAY, number % 7, nth)


def _values(piece: Piece, name: str) -> range:
    found = RANGE.fullmatch(piece.text)
    if spread := SPREAD.fullmatch(piece.text):
        return _spread(piece, spread, name)
    if RANDOM.fullmatch(piece.text):
        raise piece.trouble(
            f"{piece.place.name} {shown(piece.text)} would be random: use H, or jitter"
        )
    if not found:
        raise _unreadable(piece)
    star, first, last, step = found.groups()
    if star:
        return range(piece.place.low, piece.place.high + 1, _step(piece, step))
    low = _number(piece, first, 0)
    high = piece.place.high if step else low
    if last:
        high = _number(piece, last, len(first) + 1)
    if low > high:
        raise _backwards(piece, low, high)
    return range(low, high + 1, _step(piece, step))


def _number(piece: Piece, text: str, start: int) -> int:
    """The number or name `text`, found at `start` in the piece, if it is within bounds."""
    place = piece.place
    if text.isdigit():
        number = int(text)
        if place.low <= number <= place.high:
            return number
    elif text.lower() in place.names:
        return place.names.index(text.lower()) + place.low
    elif not place.names or not text.isalpha():
        raise _unreadable(piece)
    raise piece.trouble(f"{place.name} {shown(text)} is not in {place.allowed}", text, start)


def _step(piece: Piece, text: str | None) -> int:
    step = int(text) if text is not None else 1
    if step < 1:
        raise piece.trouble(f"{piece.place.name} {shown(piece.text)}: the step must be at least 1")
    return step


def _spread(piece: Piece, found: re.Match[str], name: str) -> range:
    """H, H/15, H(0-29) or H(0-29)/10: a value, or a series, that the job's name decides."""
    place = piece.place
    first, last, step = found.groups()
    if place is YEAR:
        raise piece.trouble("year cannot be H: the name would decide whether the job ever runs")
    if not name:
        raise piece.trouble(f"{place.name} {shown(piece.text)}: H needs a job's name to spread by")
    low = _number(piece, first, found.start(1)) if first else place.low
    high = _number(piece, last, found.start(2)) if last else (place.spread_high or place.high)
    if low > high:
        raise _backwards(piece, low, high)
    width = high - low + 1
    if step is None:
        value = low + draw(name, place.name, width)
        return range(value, value + 1)
    stride = _step(piece, step)
    return range(low + draw(name, place.name, min(stride, width)), high + 1, stride)


def _backwards(piece: Piece, low: int, high: int) -> CronError:
    place = piece.place
    end = 6 if place is WEEKDAY else place.high
    split = f"{_stretch(low, end)},{_stretch(place.low, high)}"
    return piece.trouble(
        f"{place.name} {shown(piece.text)} runs backwards: "
        f"{low} is after {high}; for both ends write {split}"
    )


def _stretch(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def _unreadable(piece: Piece) -> CronError:
    place = piece.place
    return piece.trouble(
        f"{place.name} {shown(piece.text)} is not a value in {place.allowed}, "
        "a range (1-5), a step (*/5) or a list of them (1,3)"
    )


def _refuse_mixed_workdays(place: Place, text: str, values: set[int], forms: list[Form]) -> None:
    """15W stands alone or among its like: in `1,15W` it is unclear what the W is meant for."""
    if values and any(form.kind is Kind.NEAREST for form in forms):
        raise CronError(
            f"{place.name} {shown(text)}: W cannot stand in a list with plain days",
            field=place.name,
            value=text,
            allowed=place.allowed,
            span=(0, len(text)),
        )

"""OnCalendar, as in systemd.time(7), as cron expressions: only where they mean the same."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from jobrunner.formats.cronfield import ranges
from jobrunner.formats.leaving import CannotSayError

SHORTHANDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "semi-annually": "*-01,07-01 00:00:00",
    "biannually": "*-01,07-01 00:00:00",
    "bi-annually": "*-01,07-01 00:00:00",
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ZONE = re.compile(r"UTC|[A-Z][A-Za-z0-9_+-]*/[A-Za-z0-9_/+-]+|[A-Z]{2,5}[0-9A-Z]*")
ITEM = re.compile(r"(?P<first>[0-9]+)(?:\.\.(?P<last>[0-9]+))?(?:/(?P<step>[0-9]+))?")
WEEK = 7
TURN = 70  # years of two digits up to here are of this century


class Calendar(NamedTuple):
    """A cron expression, and the zone that it names; empty for the host's."""

    cron: str
    zone: str


class _Part(NamedTuple):
    """The values that a component may have."""

    low: int
    high: int

    def values(self, text: str) -> list[int] | None:
        """The values in order; None for all of them."""
        if text in {"*", "*/1"}:
            return None
        found = {value for item in text.split(",") for value in self._item(item)}
        return sorted(found)

    def _item(self, text: str) -> Iterator[int]:
        found = ITEM.fullmatch(re.sub(r"^\*(?=/)", str(self.low), text))
        if not found:
            raise CannotSayError(f"{text} is not understood")
        first, step = int(found["first"]), int(found["step"] or 0)
        last = int(found["last"] or (self.high if step else first))
        if not self.low <= first <= last <= self.high:
            raise CannotSayError(f"{text} is out of bounds")
        yield from range(first, last + 1, step or 1)


YEAR, MONTH, DAY = _Part(1970, 2099), _Part(1, 12), _Part(1, 31)
HOUR, MINUTE, SECOND = _Part(0, 23), _Part(0, 59), _Part(0, 59)


def cron_of(text: str) -> Calendar:
    """What an OnCalendar= says, as cron; CannotSayError where that has no word for it."""
    words = text.split()
    zone = words.pop() if len(words) > 1 and ZONE.fullmatch(words[-1]) else ""
    if len(words) == 1 and words[0].lower() in SHORTHANDS:
        words = SHORTHANDS[words[0].lower()].split()
    weekdays = _weekdays(words.pop(0)) if words and words[0][0].isalpha() else None
    date = words.pop(0) if words and not _is_time(words[0]) else "*-*-*"
    time = words.pop(0) if words else "00:00:00"
    if words or not text.strip():
        raise CannotSayError(f"{text} is not understood")
    year, month, day = _date(date)
    hour, minute, second = _time(time)
    days = _days(day, weekdays)
    fields = [_field(minute, MINUTE), _field(hour, HOUR), days[0], _field(month, MONTH), days[1]]
    if second != [0] or year is not None:
        fields.insert(0, _field(second, SECOND))
    if year is not None:
        fields.append(ranges(year))
    return Calendar(" ".join(fields), zone)


def _is_time(word: str) -> bool:
    return ":" in word


def _weekdays(word: str) -> list[int] | None:
    """Numbers as cron has them: Sunday is 0."""
    found: set[int] = set()
    for item in filter(None, word.rstrip(",").split(",")):
        first, dots, last = item.replace("-", "..").partition("..")
        begin, end = _weekday(first), _weekday(last if dots else first)
        if begin > end:
            raise CannotSayError(f"{item} runs backwards")
        found.update(range(begin, end + 1))
    if len(found) == WEEK:
        return None
    return sorted((day + 1) % WEEK for day in found)


def _weekday(word: str) -> int:
    for names in (WEEKDAYS, LONG):
        if word.lower() in names:
            return names.index(word.lower())
    raise CannotSayError(f"{word} is not a weekday")


def _date(text: str) -> tuple[list[int] | None, list[int] | None, str]:
    """Year, month and day; the day as it is written, with ~ before it where it counts back."""
    parts = re.split(r"([-~])", text)
    if len(parts) not in {3, 5}:
        raise CannotSayError(f"{text} is not a date")
    year = "*" if len(parts) == 3 else parts[0]  # noqa: PLR2004 - month, its mark, day
    month, mark, day = parts[-3:]
    found = YEAR.values(re.sub(r"(?<![0-9])[0-9]{2}(?![0-9])", _century, year))
    return found, MONTH.values(month), day if mark == "-" else f"~{day}"


def _century(found: re.Match[str]) -> str:
    return f"{20 if int(found[0]) < TURN else 19}{found[0]}"


def _time(text: str) -> tuple[list[int] | None, list[int] | None, list[int] | None]:
    hour, minute, *rest = text.split(":")
    second = rest[0] if rest else "0"
    if len(rest) > 1:
        raise CannotSayError(f"{text} is not a time")
    if "." in second.replace("..", ""):
        second = re.sub(r"\.0+(?![0-9])", "", second)
        if "." in second.replace("..", ""):
            raise CannotSayError("parts of a second")
    return HOUR.values(hour), MINUTE.values(minute), SECOND.values(second)


def _field(values: list[int] | None, part: _Part) -> str:
    """With * where the clock is followed: all values, or steps from the first to the end."""
    if values is None or values == [*range(part.low, part.high + 1)]:
        return "*"
    steps = {after - before for before, after in pairwise(values)}
    if len(steps) == 1 and len(values) > 2 and (step := steps.pop()) > 1:  # noqa: PLR2004 - a row
        if values[-1] + step > part.high:
            return f"*/{step}" if values[0] == part.low else f"{values[0]}-{part.high}/{step}"
        return f"{values[0]}-{values[-1]}/{step}"
    return ranges(values)


def _days(day: str, weekdays: list[int] | None) -> tuple[str, str]:
    """Day and weekday; in systemd both must hold, in cron only if one of them begins with *."""
    if day.startswith("~"):
        return _from_the_end(day, weekdays)
    days = DAY.values(day)
    if days is None or weekdays is None:
        return _field(days, DAY), "*" if weekdays is None else ranges(weekdays)
    if days[0] == 1:
        return _starred("*/31", days[1:]), ranges(weekdays)
    if weekdays[0] == 0:
        return ranges(days), _starred("*/7", weekdays[1:])
    if days == [*range(days[0], days[0] + WEEK)] and days[0] % WEEK == 1:
        return "*", ",".join(f"{weekday}#{days[0] // WEEK + 1}" for weekday in weekdays)
    raise CannotSayError("days of the month that must be certain weekdays, too")


def _from_the_end(day: str, weekdays: list[int] | None) -> tuple[str, str]:
    if re.fullmatch("~0*1", day) and weekdays is None:
        return "L", "*"
    if re.fullmatch("~0*7/0*1", day) and weekdays is not None:
        return "*", ",".join(f"{weekday}L" for weekday in weekdays)
    raise CannotSayError("days counted from the end of the month")


def _starred(first: str, rest: list[int]) -> str:
    return f"{first},{ranges(rest)}" if rest else first

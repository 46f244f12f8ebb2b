"""Points in time as they are typed: a date, a date with a time, a time, or so long ago."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.config.moment import YEARS
from jobrunner.config.spelling import quoted
from jobrunner.model.value import Moment
from jobrunner.schedule.compose import first_instant, last_instant

TYPED = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})?(?:(?:^|(?<=[0-9])[ T])"
    r"(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(?P<offset> ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
HINT = 'write 2026-11-17, "2026-11-17 02:30", 02:30, or 7d for seven days ago'
MICROSECOND = timedelta(microseconds=1)


class Span(Struct, frozen=True):
    """What a typed moment covers, from `first` to `last`, both included: a whole day or minute."""

    first: datetime
    last: datetime


def span(text: str, zone: tzinfo, now: datetime) -> Span:
    """The time that `text` covers, in UTC; ValueError with a sentence if it is none.

    A time alone is the last one that was, a duration that long ago.
    """
    text = text.strip()
    ago = _duration(text)
    if ago is not None:
        return Span(now - ago, now - ago)
    parts = TYPED.fullmatch(text)
    if parts is None or not any(parts.groups()):
        raise ValueError(f"{quoted(text)} is not a time: {HINT}")
    try:
        return _spelt(parts, zone, now)
    except (ValueError, OverflowError):
        raise ValueError(f"{quoted(text)} is not a time on any calendar: {HINT}") from None


def _spelt(parts: re.Match[str], zone: tzinfo, now: datetime) -> Span:
    if parts["time"] is None:
        return _whole_day(date.fromisoformat(parts["day"]), zone)
    of_day = time.fromisoformat(parts["time"])
    day = date.fromisoformat(parts["day"]) if parts["day"] else now.astimezone(zone).date()
    found = _minute(datetime.combine(day, of_day), parts, zone)
    if not parts["day"] and found.first > now:
        return _minute(datetime.combine(day - timedelta(days=1), of_day), parts, zone)
    return found


def _whole_day(day: date, zone: tzinfo) -> Span:
    _check(day)
    return Span(first_instant(Moment(day), zone), last_instant(Moment(day), zone))


def _minute(wall: datetime, parts: re.Match[str], zone: tzinfo) -> Span:
    """One minute, or the second that was typed."""
    _check(wall)
    offset = (parts["offset"] or "").strip()
    typed = datetime.fromisoformat(f"{wall.isoformat()}{offset}")
    first = first_instant(Moment(typed), zone).astimezone(UTC)
    length = timedelta(seconds=1) if parts["time"].count(":") > 1 else timedelta(minutes=1)
    return Span(first, first + length - MICROSECOND)


def _check(day: date) -> None:
    if day.year not in YEARS:
        raise ValueError(day)


def _duration(text: str) -> timedelta | None:
    try:
        return quantity.duration(text)
    except Refusal:
        return None

"""Dates and times as people type them on a command line."""

import re
from datetime import date, datetime, time, timedelta, tzinfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
DAY_AND_TIME = re.compile(rf"(?:(today|tomorrow) )?{TIME.pattern}")
AT_HINT = 'write "2026-12-01 09:00", "09:00" or "tomorrow 09:00"'
DATE_HINT = 'write "2026-12-01" or "2026-12-01 09:00"'
DAILY_HINT = 'write "09:05"'


def day_or_moment(text: str) -> date | datetime:
    """A date, or a date with a time; ValueError says what is wrong."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return _moment(text, DATE_HINT)


def once(text: str, now: datetime, zone: tzinfo) -> datetime:
    """A date with a time as wall-clock time of `zone`, unless it has an offset of its own.

    A time alone is the next one, today or tomorrow.
    """
    if found := DAY_AND_TIME.fullmatch(text):
        return _near(found, now.astimezone(zone).replace(tzinfo=None))
    try:
        date.fromisoformat(text)
    except ValueError:
        return _moment(text, AT_HINT)
    raise ValueError(f'"{text}" says the day and no time: {AT_HINT}')


def later(distance: timedelta, now: datetime, zone: tzinfo) -> datetime:
    """That long from now, to the minute where it is a matter of minutes."""
    moment = (now + distance).astimezone(zone).replace(microsecond=0)
    return moment.replace(second=0) if distance >= MINUTE else moment


def daily(text: str) -> str:
    """The cron expression of a time of day."""
    found = TIME.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is not a time of day: {DAILY_HINT}')
    return f"{int(found[2])} {int(found[1])} * * *"


def _near(found: re.Match[str], local: datetime) -> datetime:
    word, hour, minute = found.groups()
    moment = datetime.combine(local.date(), time(int(hour), int(minute)))
    is_tomorrow = moment <= local if word is None else word == "tomorrow"
    return moment + DAY if is_tomorrow else moment


def _moment(text: str, hint: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'"{text}" is no date that can be read: {hint}') from error

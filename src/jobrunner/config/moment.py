"""Dates, date-times and times of day as jobs.toml spells them."""

import re
from datetime import date, datetime, time

from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import told
from jobrunner.model.value import Moment, Window

HOUR = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
WINDOW_PATTERN = f"{HOUR}-(?:{HOUR}|24:00)"
WINDOW = re.compile(WINDOW_PATTERN)
WINDOW_HINT = 'write "08:00-20:00"; it may cross midnight'
DATE_HINT = "write 2026-12-01 or 2026-12-01T09:00:00, without quotes"
INSTANT_HINT = "write 2026-12-01T09:00:00, without quotes"
# Days at the ends of Python's calendar have no neighbours to compute with.
YEARS = range(1900, 3000)
# An end may lie at the very end: many write 9999-12-31 for "never".
END_YEARS = range(1900, 10000)


def moment(value: object) -> Moment:
    """A date or a date-time, up to what an end may be."""
    if isinstance(value, str):
        raise Refusal("E107", f"{told(value)} is a string, not a date", DATE_HINT)
    if not isinstance(value, date):
        raise Refusal("E107", f"{told(value)} is not a date", DATE_HINT)
    return Moment(usable(value, END_YEARS))


def instant(value: object) -> Moment:
    """A date-time; a date alone does not say when."""
    if not isinstance(value, datetime):
        raise Refusal("E107", f"{told(value)} is not a date with a time", INSTANT_HINT)
    return Moment(usable(value))


def day(value: object) -> date:
    """A date without a time."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Refusal("E107", f"{told(value)} is not a day", "write 2026-12-06, without quotes")
    return usable(value)


def usable(value: date, years: range = YEARS) -> date:
    """The date, if its year is one of these."""
    if value.year not in years:
        span = f"{years.start}-{years.stop - 1}"
        raise Refusal("E107", f"the year {value.year} is not in {span}")
    return value


def window(value: object) -> Window:
    """Two times of day."""
    if not isinstance(value, str) or not WINDOW.fullmatch(value):
        raise Refusal("E108", f"{told(value)} is not a window of the day", WINDOW_HINT)
    opens, closes = value.split("-")
    ends = None if closes == "24:00" else time.fromisoformat(closes)
    return Window(time.fromisoformat(opens), ends)

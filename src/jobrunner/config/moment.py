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


def moment(value: object) -> Moment:
    """A date or a date-time."""
    if isinstance(value, str):
        raise Refusal("E107", f"{told(value)} is a string, not a date", DATE_HINT)
    if not isinstance(value, date):
        raise Refusal("E107", f"{told(value)} is not a date", DATE_HINT)
    return Moment(_usable(value))


def instant(value: object) -> Moment:
    """A date-time; a date alone does not say when."""
    if not isinstance(value, datetime):
        raise Refusal("E107", f"{told(value)} is not a date with a time", INSTANT_HINT)
    return Moment(_usable(value))


def day(value: object) -> date:
    """A date without a time."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Refusal("E107", f"{told(value)} is not a day", "write 2026-12-06, without quotes")
    return _usable(value)


def _usable(value: date) -> date:
    if value.year not in YEARS:
        raise Refusal("E107", f"the year {value.year} is not in 1900-2999")
    return value


def window(value: object) -> Window:
    """Two times of day."""
    if not isinstance(value, str) or not WINDOW.fullmatch(value):
        raise Refusal("E108", f"{told(value)} is not a window of the day", WINDOW_HINT)
    opens, closes = value.split("-")
    ends = None if closes == "24:00" else time.fromisoformat(closes)
    return Window(time.fromisoformat(opens), ends)

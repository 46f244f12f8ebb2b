"""A time to come, as it is typed on a command line."""

import re
from datetime import datetime, time, timedelta, tzinfo

from jobrunner.config.moment import HOUR
from jobrunner.engine.past.when import span
from jobrunner.schedule.wall import instant

TIME = re.compile(HOUR)
DAY = timedelta(days=1)


def to_come(text: str, zone: tzinfo, now: datetime) -> datetime:
    """The instant, in UTC: a date is its beginning, a time of day the next one.

    ValueError, with a sentence, if it is none, or has been already.
    """
    found = _next(text, zone, now) if TIME.fullmatch(text) else span(text, zone, now).first
    if found <= now:
        raise ValueError(f"{text} has been already: a pause ends in the future")
    return found


def _next(text: str, zone: tzinfo, now: datetime) -> datetime:
    today = now.astimezone(zone).date()
    days = (today, today + DAY)
    found = (instant(datetime.combine(day, time.fromisoformat(text)), zone) for day in days)
    return max(next(moment for moment in found if moment > now), now)

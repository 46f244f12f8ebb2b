"""What the next change of clocks does to a job."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from itertools import islice

from msgspec.structs import replace

from jobrunner.model.job import Job
from jobrunner.model.value import Zone
from jobrunner.schedule.compose import compose
from jobrunner.schedule.wall import DAY, TICK, has_change, midnight

YEAR = 366
# What is due more often than every hour keeps real time, and nobody plans its single slots.
MOST = 24


def clock_change(job: Job, now: datetime) -> str:
    """How the next change of clocks within a year moves a slot of the job; empty if none does."""
    if job.dst == "utc" or not job.enabled:
        return ""
    notes = (_note(job, day, now) for day in _changes(now, job.timezone.info))
    return next(filter(None, notes), "")


def _changes(now: datetime, zone: tzinfo) -> Iterator[date]:
    today = now.astimezone(zone).date()
    days = (today + number * DAY for number in range(YEAR))
    return (day for day in days if has_change(day, zone))


def _note(job: Job, day: date, now: datetime) -> str:
    """One sentence about the first slot of that day that clocks do not show once."""
    zone = job.timezone.info
    slots = list(_slots(job, midnight(day, zone), midnight(day + DAY, zone), now))
    nominal = [slot.time() for slot in _nominal(job, day, now)]
    if max(len(slots), len(nominal)) > MOST:
        return ""
    shown = [slot.astimezone(zone) for slot in slots]
    times = Counter(slot.time() for slot in shown)
    for at in nominal:
        if not times[at]:
            return (
                f"{day:%a %Y-%m-%d}: {at:%H:%M} does not exist that day, {_moved(shown, nominal)}"
            )
        if _comes_twice(datetime.combine(day, at, zone)):
            first = next(slot for slot in shown if slot.time() == at)
            runs = "runs twice" if times[at] > 1 else f"runs once, at {first:%H:%M %Z}"
            return f"{day:%a %Y-%m-%d}: {at:%H:%M} comes twice that day, {runs}"
    return ""


def _slots(job: Job, begins: datetime, ends: datetime, now: datetime) -> Iterator[datetime]:
    return islice(compose(job, now).between(begins - TICK, ends - TICK), MOST + 1)


def _nominal(job: Job, day: date, now: datetime) -> list[datetime]:
    """When the job would be due that day if clocks never changed."""
    standing = timezone(timedelta())
    steady = replace(job, timezone=Zone("UTC", standing))
    begins = datetime.combine(day, time.min, standing)
    return list(_slots(steady, begins, begins + DAY, now))


def _moved(shown: list[datetime], nominal: list[time]) -> str:
    """What becomes of a slot that clocks skip."""
    instead = next((slot for slot in shown if slot.time() not in nominal), None)
    return f"runs at {instead:%H:%M %Z}" if instead else "does not run"


def _comes_twice(moment: datetime) -> bool:
    early, late = (moment.replace(fold=fold).utcoffset() for fold in (0, 1))
    return early is not None and late is not None and early > late

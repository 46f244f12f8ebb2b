"""What is due next, as far as jobs.toml alone can tell."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from msgspec import Struct

from jobrunner.model.job import Job
from jobrunner.schedule.compose import REBOOT, compose
from jobrunner.schedule.every import counts_from_first_sight
from jobrunner.schedule.wall import has_change


class Coming(Struct, frozen=True, kw_only=True):
    """One slot that is to come."""

    job: str
    scheduled_for: datetime
    timezone: str
    left_seconds: float
    note: str


class Absent(Struct, frozen=True, kw_only=True):
    """A job with no slot in the time asked for, and why."""

    job: str
    next_at: datetime | None
    reason: str


class Ahead(Struct, frozen=True, kw_only=True):
    """The slots to come, in order; how many more each job has; who has none."""

    slots: tuple[Coming, ...]
    more: dict[str, int]
    absent: tuple[Absent, ...]
    busiest: tuple[datetime, int] | None


def ahead(jobs: Iterable[Job], now: datetime, within: timedelta, most: int | None = 3) -> Ahead:
    """The slots of each job in the time to come, at most so many of each."""
    slots: list[Coming] = []
    more: dict[str, int] = {}
    absent: list[Absent] = []
    for job in jobs:
        schedule = compose(job, now)
        found = list(islice(schedule.between(now, now + within), most)) if job.enabled else []
        slots += _told(job, found, now)
        if found:
            more[job.name] = schedule.count(now, now + within) - len(found)
        else:
            absent.append(_absent(job, schedule.next_after(now)))
    slots.sort(key=lambda slot: (slot.scheduled_for, slot.job))
    more = {job: number for job, number in more.items() if number}
    return Ahead(slots=tuple(slots), more=more, absent=tuple(absent), busiest=_busiest(slots))


def _told(job: Job, slots: Iterable[datetime], now: datetime) -> Iterator[Coming]:
    for slot in slots:
        yield Coming(
            job=job.name,
            scheduled_for=slot.astimezone(job.timezone.info),
            timezone=job.timezone.name,
            left_seconds=(slot - now).total_seconds(),
            note=_note(job, slot),
        )


def _note(job: Job, slot: datetime) -> str:
    day = slot.astimezone(job.timezone.info).date()
    if has_change(day, job.timezone.info):
        return "clocks change that day"
    if job.every and counts_from_first_sight(job.every, has_start=job.start is not None):
        return "counts from the first tick that sees it"
    return ""


def _absent(job: Job, slot: datetime | None) -> Absent:
    next_at = slot.astimezone(job.timezone.info) if slot and job.enabled else None
    return Absent(job=job.name, next_at=next_at, reason=_why_absent(job) if not next_at else "")


def _why_absent(job: Job) -> str:
    if not job.enabled:
        return "disabled"
    if job.after:
        return f"after {', '.join(job.after)}"
    if REBOOT in job.cron:
        return "at the first tick after boot"
    if job.every and job.every_from == "end":
        return "counted from the end of its last run"
    if job.cron or job.every or job.at or job.schedules:
        return "ended"
    return "by hand"


def _busiest(slots: Iterable[Coming]) -> tuple[datetime, int] | None:
    """The minute in which slots of most jobs come, if several share one, and how many they are."""
    jobs = {(_minute(slot.scheduled_for), slot.job) for slot in slots}
    minutes = Counter(minute for minute, _ in jobs)
    if not minutes:
        return None
    minute, number = max(minutes.items(), key=lambda item: (item[1], -item[0].timestamp()))
    return (minute, number) if number > 1 else None


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)

"""Jobs that are in each other's way, and jobs that are in their own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from jobrunner.config.quantity import spelt
from jobrunner.engine.ahead import ahead
from jobrunner.engine.doctor.finding import Finding, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.model.job import Job
from jobrunner.schedule.compose import compose
from jobrunner.words import listed, numbered, short

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
SHOWN = 5
MOST = 2016  # slots of a job that are looked at: every five minutes for a week


def look(patient: Patient) -> Iterator[Finding]:
    asked = [job for job in patient.jobs if job.enabled]
    yield from _locks(patient, asked)
    yield from _long(patient, asked)
    yield from _crowd(patient, asked)


def _locks(patient: Patient, asked: list[Job]) -> Iterator[Finding]:
    """The locks of the jobs that are asked for, with whoever else has one of them."""
    config = patient.config
    held = {job.lock for job in asked if job.lock}
    sharing = [job for job in config.jobs.values() if job.lock in held] if config else []
    slots = {job.name: _slots(job, patient.now) for job in sharing if job.enabled}
    found = [
        _lock(name, [job for job in sharing if job.lock == name], slots, asked)
        for name in sorted(held)
    ]
    meeting = [each for each in found if each]
    yield from meeting[:SHOWN]
    if len(meeting) > SHOWN:
        yield warning(f"the same is true of {numbered(len(meeting) - SHOWN, 'other lock')}")


def _slots(job: Job, now: datetime) -> list[datetime]:
    return list(islice(compose(job, now).between(now, now + WEEK), MOST))


def _lock(
    name: str, sharing: list[Job], slots: Mapping[str, list[datetime]], asked: list[Job]
) -> Finding | None:
    """Jobs with one lock that are due at the same instant: all but the first wait, or skip."""
    times = Counter(slot for job in sharing for slot in slots.get(job.name, ()))
    wanted = {slot for job in asked if job.lock == name for slot in slots[job.name]}
    shared = [slot for slot in wanted if times[slot] > 1]
    if not shared:
        return None
    first = min(shared)
    meeting = [job for job in sharing if first in slots.get(job.name, ())]
    at = first.astimezone(meeting[0].timezone.info)
    names = listed(job.name for job in meeting)
    does = "is skipped" if any(job.overlap == "skip" for job in meeting) else "waits"
    return warning(
        f'{names} share lock "{name}" and are due together {_often(len(shared))},'
        f" first {at:%a %Y-%m-%d %H:%M}: one of them {does}",
        f'move one of them, or overlap = "queue" in [jobs.{meeting[-1].name}]',
    )


def _often(count: int) -> str:
    return "once in 7 days" if count == 1 else f"{count:,} times in 7 days"


def _long(patient: Patient, jobs: Iterable[Job]) -> Iterator[Finding]:
    """Jobs that usually take longer than there is time until they are due again."""
    if patient.store is None:
        return
    usual = {each.job: each.p95 for each in patient.store.statistics(patient.now - MONTH)}
    for job in jobs:
        length, gap = usual.get(job.name), _gap(job, patient.now)
        if job.overlap == "skip" and length and gap and length > gap:
            message = f"{job.name} takes {short(length)} (p95) and is due every {spelt(gap)}"
            yield warning(
                f"{message}: slots are skipped", f"jobrunner show {job.name}", job=job.name
            )


def _gap(job: Job, now: datetime) -> timedelta | None:
    first = list(islice(compose(job, now).between(now, now + MONTH), 2))
    return first[1] - first[0] if len(first) == 2 else None  # noqa: PLR2004 - from one to the next


def _crowd(patient: Patient, jobs: list[Job]) -> Iterator[Finding]:
    """More jobs in one minute than may run at once."""
    most = patient.config.settings.max_parallel if patient.config else 0
    if not most or len(jobs) <= most:
        return
    found = ahead(jobs, patient.now, DAY).busiest
    if found and found[1] > most:
        at = f"{found[0].astimezone(jobs[0].timezone.info):%a %H:%M}"
        message = f"{numbered(found[1], 'job')} come at {at}, and {most} may run at once"
        yield warning(f"{message}: the others wait", "spread them with H, or raise max_parallel")

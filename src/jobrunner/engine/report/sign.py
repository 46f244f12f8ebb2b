"""How a job is, or all of them, in one word, for pages that know nothing else of this host."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.agenda import wherever
from jobrunner.engine.report.facts import local
from jobrunner.engine.report.health import DEAD
from jobrunner.engine.report.overview import OF_A_JOB, see_jobs
from jobrunner.engine.ticks import last_tick
from jobrunner.model.job import Job
from jobrunner.model.run import FAILURES, State
from jobrunner.store.base import Store

DAY = timedelta(days=1)


class Sign(Struct, frozen=True, kw_only=True):
    """One word on a job, or on all together, then `name` is null.

    What fails is failed, timeout or lost until it succeeds.  All together are a success while no
    job fails; missed, if no tick comes.
    """

    name: str | None
    status: str
    last_success_at: datetime | None
    next_run_at: datetime | None


def sign_of(store: Store, job: Job, now: datetime) -> Sign:
    """How a job is."""
    entry = see_jobs(store, [job], now, recent=False, words=False)[0]
    is_failing = entry.consecutive_failures and entry.status not in {*OF_A_JOB, *FAILURES}
    return Sign(
        name=job.name,
        status=State.FAILED.value if is_failing else entry.status,
        last_success_at=local(store.last_successes([job.name]).get(job.name), job.timezone.info),
        next_run_at=entry.next_run_at,
    )


def sign_of_all(store: Store, jobs: Mapping[str, Job], now: datetime) -> Sign:
    """How all jobs are together."""
    enabled = {name for name, job in jobs.items() if job.enabled}
    marks = wherever(store.marks())
    slots = [mark.next_at for (name, _), mark in marks.items() if name in enabled]
    return Sign(
        name=None,
        status=_status(store, enabled, now),
        last_success_at=None,
        next_run_at=min((at for at in slots if at), default=None),
    )


def _status(store: Store, enabled: set[str], now: datetime) -> str:
    ticked_at = last_tick(store, now, DAY)[0]
    if ticked_at is None or now - ticked_at > DEAD:
        return State.MISSED.value
    health = store.health()
    is_failing = any(one.failures for name, one in health.items() if name in enabled)
    return (State.FAILED if is_failing else State.SUCCESS).value

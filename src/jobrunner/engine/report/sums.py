"""A host in six numbers."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.report.facts import local
from jobrunner.engine.report.overview import next_slot
from jobrunner.engine.report.standing import Standing
from jobrunner.model.job import Job
from jobrunner.model.run import FAILURES, State
from jobrunner.store.base import Store
from jobrunner.store.value import ENDS

DAY = timedelta(days=1)
WEEK = 7 * DAY


class Sums(Struct, frozen=True, kw_only=True):
    """How many jobs there are, what goes on, and how the last day and the last week went.

    The week is that of seven UTC days and today.  A run that was stopped did not fail.
    """

    jobs: int
    paused: int
    disabled: int
    running: int
    queued: int
    retrying: int
    runs_24h: int
    failed_24h: int
    success_percent_7d: float | None
    missed_7d: int
    next_job: str | None
    next_run_at: datetime | None


def see_sums(
    store: Store, jobs: Sequence[Job], known: Standing, now: datetime, *, are_all: bool
) -> Sums:
    """The numbers of these jobs; if they `are_all`, those of jobs that are gone count too."""
    names = None if are_all else {job.name for job in jobs}
    lately = store.lately(now - DAY, names)
    week = store.tally(now - WEEK, names)
    runs = sum(week.get(state, 0) for state in ENDS)
    states = [run.state for run in known.live if names is None or run.job in names]
    coming = _next(jobs, known, now)
    return Sums(
        jobs=len(jobs),
        paused=sum(known.holds(job.name) for job in jobs if job.enabled),
        disabled=sum(not job.enabled for job in jobs),
        running=states.count(State.RUNNING),
        queued=states.count(State.QUEUED),
        retrying=states.count(State.RETRYING),
        runs_24h=_runs(lately, ENDS),
        failed_24h=_runs(lately, FAILURES),
        success_percent_7d=round(100 * week.get(State.SUCCESS, 0) / runs, 2) if runs else None,
        missed_7d=week.get(State.MISSED, 0),
        next_job=coming[0].name if coming else None,
        next_run_at=local(coming[1], coming[0].timezone.info) if coming else None,
    )


def _runs(counts: dict[State, int], states: Collection[State]) -> int:
    return sum(count for state, count in counts.items() if state in states)


def _next(jobs: Sequence[Job], known: Standing, now: datetime) -> tuple[Job, datetime] | None:
    """The job that is due next, of those that are not held."""
    free = (job for job in jobs if job.enabled and not known.holds(job.name))
    coming = [(job, at) for job in free if (at := _slot(job, known, now))]
    return min(coming, key=lambda each: each[1], default=None)


def _slot(job: Job, known: Standing, now: datetime) -> datetime | None:
    mark = known.mark_of(job)
    return mark.next_at if mark else next_slot(job, known, now)

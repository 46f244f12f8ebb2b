"""The jobs and how they are: what `list` shows, a row each."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from jobrunner.engine.agenda import has_own_schedule, pause_of
from jobrunner.engine.ahead import ahead
from jobrunner.engine.report.facts import Facts, Ran, facts, local, ran
from jobrunner.engine.report.fixed import fingerprint, schedule_text
from jobrunner.engine.report.spelling import command_of, schedule_of
from jobrunner.model.breaker import Breaker
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.schedule.compose import compose
from jobrunner.store.base import Store
from jobrunner.store.value import Brief, Health

RECENT = 10
OF_A_JOB = ("paused", "disabled", "ended", "never")
STATUSES = (*(state.value for state in State), *OF_A_JOB)
NOTHING = timedelta()


class Entry(Struct, frozen=True, kw_only=True):
    """One job.

    `recent` are its last results, oldest first.  `schedule_text` is None if it was not asked for.
    """

    name: str
    status: str
    description: str
    tags: tuple[str, ...]
    schedule: str
    cron: tuple[str, ...]
    schedule_text: str | None
    timezone: str
    enabled: bool
    command: str | None
    overlap: str
    timeout_seconds: float | None
    consecutive_failures: int
    failing_since: datetime | None
    recent: tuple[State, ...]
    last_run: Ran | None
    next_run_at: datetime | None
    paused: bool
    paused_by: str | None
    paused_reason: str | None
    paused_until: datetime | None
    breaker: Literal["closed", "open", "half_open"] | None
    breaker_until: datetime | None
    source: str


def see_jobs(
    store: Store, jobs: Iterable[Job], now: datetime, *, recent: bool, words: bool
) -> list[Entry]:
    """How these jobs are; without `recent`, only the last result of each is asked for."""
    wanted = list(jobs)
    names = [job.name for job in wanted]
    known = facts(store, names, 1, recent=RECENT if recent else 0)
    return overview(wanted, known, now, words=words)


def overview(jobs: Iterable[Job], known: Facts, now: datetime, *, words: bool) -> list[Entry]:
    """A row for each job, in the order of the file; with `words`, its schedule in English too."""
    return [entry(job, known, now, words=words) for job in jobs]


def entry(job: Job, known: Facts, now: datetime, *, words: bool) -> Entry:
    zone = job.timezone.info
    runs = known.latest.get(job.name, [])
    last = known.current.get(job.name) or (runs[0] if runs else None)
    health = known.health.get(job.name, Health())
    pause = pause_of(job.name, known.health, now)
    held = pause if pause and pause.holds(now) else None
    next_at = next_slot(job, known, now)
    breaker = breaker_of(job, known)
    return Entry(
        name=job.name,
        status=status_of(
            job,
            last.state if last else None,
            now,
            is_held=held is not None,
            has_next=next_at is not None,
        ),
        description=job.description,
        tags=job.tags,
        schedule=schedule_of(job),
        cron=tuple(job.cron),
        schedule_text=schedule_text(job, now) if words else None,
        timezone=job.timezone.name,
        enabled=job.enabled,
        command=command_of(job),
        overlap=job.overlap,
        timeout_seconds=job.timeout.total_seconds() if job.timeout is not None else None,
        consecutive_failures=health.failures,
        failing_since=local(health.failing_since, zone),
        recent=_recent(job, known),
        last_run=ran(last, zone) if last else None,
        next_run_at=local(next_at, zone),
        paused=held is not None,
        paused_by=held.by if held else None,
        paused_reason=held.reason if held else None,
        paused_until=local(held.until, zone) if held else None,
        breaker=breaker.state if breaker else None,
        breaker_until=local(opens_until(job, breaker), zone),
        source=job.origin,
    )


def _recent(job: Job, known: Facts) -> tuple[State, ...]:
    """How its newest runs ended, oldest first."""
    brief: Sequence[Brief | Run] = known.recent.get(job.name, ())
    newest = brief or known.latest.get(job.name, ())
    return tuple(one.state for one in reversed(newest))


def next_slot(job: Job, known: Facts, now: datetime) -> datetime | None:
    """The slot that is due next.

    What the last look at the job found counts as long as the job has the same schedule; it lies in
    the past while no tick has seen to it.
    """
    if not job.enabled:
        return None
    mark = known.marks.get((job.name, ""))
    if mark and mark.schedule == fingerprint(job):
        return mark.next_at
    return compose(job, mark.first_seen_at if mark else now).next_after(now)


def breaker_of(job: Job, known: Facts) -> Breaker | None:
    """The breaker of the job, which it may share; None for a job without one."""
    if job.breaker is None:
        return None
    name = job.breaker.name or job.name
    return known.breakers.get(name, Breaker(name=name))


def opens_until(job: Job, breaker: Breaker | None) -> datetime | None:
    """When an open breaker lets a run through."""
    if job.breaker is None or breaker is None or breaker.opened_at is None:
        return None
    return breaker.opened_at + job.breaker.cooldown if breaker.state == "open" else None


def status_of(job: Job, last: State | None, now: datetime, *, is_held: bool, has_next: bool) -> str:
    """One word: what goes on, else what holds the job still, else how its last run ended."""
    if last and last.is_live:
        return last.value
    if is_held:
        return "paused"
    if not job.enabled:
        return "disabled"
    if not has_next and has_own_schedule(job) and _has_ended(job, now):
        return "ended"
    return last.value if last else "never"


def _has_ended(job: Job, now: datetime) -> bool:
    return any(absent.reason == "ended" for absent in ahead([job], now, NOTHING).absent)

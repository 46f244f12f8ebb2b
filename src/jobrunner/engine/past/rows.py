"""Runs as rows of the history: the same names and shapes for every surface."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from jobrunner.model.job import Job
from jobrunner.model.result import Result, from_text
from jobrunner.model.run import Attempt, Run, State, Trigger
from jobrunner.store.base import History
from jobrunner.store.fleet import Claimed
from jobrunner.store.value import RunFilter

PAGE = 500


class RunRow(Struct, frozen=True, kw_only=True):
    """One run, or one stretch of slots that did not run; times have the job's offset.

    `data` and `metrics` are what the job left for others to read.  What was measured is the last
    attempt's.
    """

    id: int
    job: str
    scheduled_for: datetime | None
    slot_of: datetime | None
    slots: int
    slots_until: datetime | None
    trigger: Trigger
    asked_by: str
    state: State
    reason: str
    created_at: datetime
    attempts: int
    max_attempts: int | None
    next_attempt_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    exit_code: int | None
    signal: int | None
    cpu_seconds: float | None
    max_rss_bytes: int | None
    output_bytes: int | None
    output_cut_bytes: int | None
    host: str
    message: str
    data: Any
    metrics: Mapping[str, float]
    error: str


class AttemptRow(Struct, frozen=True, kw_only=True):
    """One attempt of a run; times have the job's offset."""

    number: int
    state: State
    reason: str
    host: str
    started_at: datetime
    finished_at: datetime | None
    duration_seconds: float | None
    exit_code: int | None
    signal: int | None
    cpu_seconds: float | None
    max_rss_bytes: int | None
    output_bytes: int | None
    output_cut_bytes: int | None
    message: str
    error: str


class RunInFull(RunRow, frozen=True, kw_only=True):
    """One run with each of its attempts, first to last.

    Where hosts share the ledger, `claimed_by` is the one that took its slot, and `claimed_at` is
    when, by the database's clock.
    """

    each_attempt: tuple[AttemptRow, ...]
    claimed_by: str = ""
    claimed_at: datetime | None = None


class Wanted(Struct, frozen=True, kw_only=True):
    """Which runs to tell; without names those of every job.

    `before` is the last run of the page before.
    """

    jobs: tuple[str, ...] | None = None
    states: tuple[State, ...] = ()
    trigger: Trigger | None = None
    host: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def row(run: Run, job: Job | None = None, zone: tzinfo = UTC) -> RunRow:
    """The row of a run; `job` is its declaration, `zone` that of a job which has none any more."""
    local = job.timezone.info if job else zone
    result = from_text(run.result) or Result()
    return RunRow(
        id=run.id,
        job=run.job,
        scheduled_for=_shown(run.scheduled_for, local),
        slot_of=_shown(run.slot_of, local),
        slots=run.slots,
        slots_until=_shown(run.slots_until, local),
        trigger=run.trigger,
        asked_by=run.asked_by,
        state=run.state,
        reason=run.reason,
        created_at=run.created_at.astimezone(local),
        attempts=run.attempts,
        max_attempts=1 + job.retry.attempts if job else None,
        next_attempt_at=_shown(run.next_attempt_at, local),
        started_at=_shown(run.started_at, local),
        finished_at=_shown(run.finished_at, local),
        duration_seconds=_seconds(run.duration),
        exit_code=run.exit_code,
        signal=run.signal,
        cpu_seconds=_seconds(run.cpu),
        max_rss_bytes=run.max_rss,
        output_bytes=run.output_size,
        output_cut_bytes=run.output_cut,
        host=run.host,
        message=run.message,
        data=result.data,
        metrics=result.metrics,
        error=run.error,
    )


def in_full(
    run: Run,
    attempts: Iterable[Attempt],
    job: Job | None = None,
    zone: tzinfo = UTC,
    claimed: Claimed | None = None,
) -> RunInFull:
    """The row of a run with those of its attempts."""
    local = job.timezone.info if job else zone
    return RunInFull(
        **asdict(row(run, job, zone)),
        each_attempt=tuple(attempt_row(one, local) for one in attempts),
        claimed_by=claimed.host if claimed else "",
        claimed_at=claimed.at.astimezone(local) if claimed else None,
    )


def attempt_row(one: Attempt, zone: tzinfo) -> AttemptRow:
    """The row of an attempt, its times in a zone."""
    return AttemptRow(
        number=one.number,
        state=one.state,
        reason=one.reason,
        host=one.host,
        started_at=one.started_at.astimezone(zone),
        finished_at=_shown(one.finished_at, zone),
        duration_seconds=_seconds(one.duration),
        exit_code=one.exit_code,
        signal=one.signal,
        cpu_seconds=_seconds(one.cpu),
        max_rss_bytes=one.max_rss,
        output_bytes=one.output_size,
        output_cut_bytes=one.output_cut,
        message=one.message,
        error=one.error,
    )


def runs(store: History, wanted: Wanted, at_once: int = PAGE) -> Iterator[Run]:
    """The runs that are wanted, newest first, read page by page as they are asked for."""
    common = RunFilter(
        states=wanted.states,
        trigger=wanted.trigger,
        host=wanted.host,
        since=wanted.since,
        until=wanted.until,
        before=wanted.before,
        limit=max(1, min(at_once, PAGE)),
    )
    if wanted.jobs is None or len(wanted.jobs) != 1:
        return _paged(store, replace(common, jobs=wanted.jobs))
    return _paged(store, replace(common, job=wanted.jobs[0]))


def _paged(store: History, wanted: RunFilter) -> Iterator[Run]:
    while page := store.runs(wanted):
        yield from page
        if len(page) < wanted.limit:
            return
        wanted = replace(wanted, before=page[-1].id)


def _shown(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return moment and moment.astimezone(zone)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()

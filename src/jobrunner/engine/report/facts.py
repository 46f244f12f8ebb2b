"""What the ledger says about jobs, asked once for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from jobrunner.engine.agenda import wherever
from jobrunner.model.breaker import Breaker
from jobrunner.model.run import Run, State, Trigger
from jobrunner.store.base import Store
from jobrunner.store.value import Brief, Health, Mark

# Of several live runs the one that tells most about the job.
ORDER = (State.RUNNING, State.RETRYING, State.QUEUED)


class Facts(Struct, frozen=True, kw_only=True):
    """Marks, health, breakers, live runs, and the newest runs of each job, newest first.

    `current` is the one live run of a job that tells most about it.  `recent` are the newest runs
    in brief, where they were asked for.
    """

    marks: Mapping[tuple[str, str], Mark] = {}
    live: Sequence[Run] = ()
    current: Mapping[str, Run] = {}
    health: Mapping[str, Health] = {}
    breakers: Mapping[str, Breaker] = {}
    latest: Mapping[str, list[Run]] = {}
    recent: Mapping[str, Sequence[Brief]] = {}


class Ran(Struct, frozen=True, kw_only=True):
    """A run in short, its times in the zone of its job."""

    id: int
    state: State
    trigger: Trigger
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None
    duration_seconds: float | None
    exit_code: int | None
    signal: int | None
    reason: str
    host: str = ""


def facts(store: Store, jobs: Iterable[str], count: int, *, recent: int = 0) -> Facts:
    """Everything that a view of these jobs needs, with so many runs of each, and more in brief."""
    live, names = store.live(), list(jobs)
    return Facts(
        marks=wherever(store.marks()),
        live=live,
        current=most_telling(live),
        health=store.health(),
        breakers=store.breakers(),
        latest=store.latest(names, count),
        recent=store.briefs(names, recent) if recent else {},
    )


def most_telling(runs: Iterable[Run]) -> dict[str, Run]:
    """One live run of each job that has any."""
    last_first = sorted(runs, key=lambda run: ORDER.index(run.state), reverse=True)
    return {run.job: run for run in last_first}


def ran(run: Run, zone: tzinfo) -> Ran:
    return Ran(
        id=run.id,
        state=run.state,
        trigger=run.trigger,
        scheduled_for=local(run.scheduled_for, zone),
        started_at=local(run.started_at, zone),
        finished_at=local(run.finished_at, zone),
        next_attempt_at=local(run.next_attempt_at, zone),
        duration_seconds=run.duration.total_seconds() if run.duration is not None else None,
        exit_code=run.exit_code,
        signal=run.signal,
        reason=run.reason,
        host=run.host,
    )


def local(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return moment and moment.astimezone(zone)

"""What needs somebody now: jobs that fail, and whatever keeps others from being run or told."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from jobrunner.engine.past import tell
from jobrunner.engine.report.facts import Ran, local, ran
from jobrunner.engine.report.health import OpenBreaker, is_silent, open_breakers
from jobrunner.engine.report.lastline import last_line
from jobrunner.engine.report.line import MEASURED
from jobrunner.engine.report.overview import entry
from jobrunner.engine.report.standing import Standing
from jobrunner.engine.scene import Scene
from jobrunner.engine.transcript import transcripts_of
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.store.base import Store
from jobrunner.store.value import Missed, RunFilter

DAY = timedelta(days=1)
CARDS = 10
FAILED = (State.FAILED, State.TIMEOUT, State.STOPPED, State.LOST)


class Ended(Struct, frozen=True, kw_only=True):
    """How a run ended in words, what is known beyond, and what it wrote last."""

    run: Ran
    result: str
    reason: str
    attempts: int
    last_line: str


class Failed(Struct, frozen=True, kw_only=True):
    """A job that fails: since when, how its `last` failed run ended; in the zone of the job."""

    name: str
    consecutive_failures: int
    failing_since: datetime | None
    last_success_at: datetime | None
    last: Ended | None
    max_attempts: int
    usual_seconds: float | None
    timeout_seconds: float | None


class MissedSlots(Struct, frozen=True, kw_only=True):
    """Slots of one job that were found to be missed within a day."""

    name: str
    slots: int
    first: datetime
    last: datetime


class Unsent(Struct, frozen=True, kw_only=True):
    """Letters to a channel that were given up within a day, and why the last one was."""

    channel: str
    letters: int
    last_error: str
    last_at: datetime


class Attention(Struct, frozen=True, kw_only=True):
    """Everything that needs somebody; `more_failing` jobs fail beside those that are told."""

    failing: tuple[Failed, ...]
    more_failing: int
    breakers: tuple[OpenBreaker, ...]
    missed: tuple[MissedSlots, ...]
    unsent: tuple[Unsent, ...]
    is_silent: bool
    supervisor_silent: bool
    config_problem: str

    @property
    def is_needed(self) -> bool:
        return bool(
            self.failing
            or self.breakers
            or self.missed
            or self.unsent
            or self.is_silent
            or self.supervisor_silent
            or self.config_problem
        )


def see_attention(
    scene: Scene,
    jobs: Sequence[Job],
    known: Standing,
    now: datetime,
    *,
    last_tick_at: datetime | None,
    supervisor: str,
    problem: str,
    has_all: bool,
) -> Attention:
    """What needs somebody, of these jobs; of channels only if they are all that there are."""
    failing = failing_of(jobs, known)
    needs_ticks = any(job.enabled and known.marks.get((job.name, "")) for job in jobs)
    return Attention(
        failing=tuple(_failed(scene, failing[:CARDS], known, now)),
        more_failing=max(0, len(failing) - CARDS),
        breakers=tuple(_breakers(jobs, scene.config, known, now)),
        missed=tuple(_missed(scene.store, jobs, now)),
        unsent=tuple(_unsent(scene.store, scene.config, now)) if has_all else (),
        is_silent=needs_ticks and is_silent(last_tick_at, now),
        supervisor_silent=supervisor == "silent",
        config_problem=problem,
    )


def failing_of(jobs: Iterable[Job], known: Standing) -> list[Job]:
    """The jobs that fail and are not held still, those with most failures in a row first."""
    health = known.health
    failing = [job for job in jobs if job.enabled and job.name in health]
    failing = [job for job in failing if health[job.name].failures and not known.holds(job.name)]
    return sorted(failing, key=lambda job: -health[job.name].failures)


def _failed(scene: Scene, jobs: Sequence[Job], known: Standing, now: datetime) -> Iterator[Failed]:
    if not jobs:
        return
    store, names = scene.store, [job.name for job in jobs]
    successes = store.last_successes(names)
    usual = store.usual(names, now - MEASURED, now)
    for job in jobs:
        runs = store.runs(RunFilter(job=job.name, states=FAILED, limit=1))
        zone = job.timezone.info
        health = known.health[job.name]
        took = usual.get(job.name)
        yield Failed(
            name=job.name,
            consecutive_failures=health.failures,
            failing_since=local(health.failing_since, zone),
            last_success_at=local(successes.get(job.name), zone),
            last=_ended(scene, runs[0], zone) if runs else None,
            max_attempts=1 + job.retry.attempts,
            usual_seconds=took.p50.total_seconds() if took else None,
            timeout_seconds=job.timeout.total_seconds() if job.timeout else None,
        )


def _ended(scene: Scene, run: Run, zone: tzinfo) -> Ended:
    return Ended(
        run=ran(run, zone),
        result=tell.result(run),
        reason=tell.beyond(run) or run.message or run.error,
        attempts=run.attempts,
        last_line=last_line(transcripts_of(scene), run),
    )


def _breakers(
    jobs: Iterable[Job], config: Config, known: Standing, now: datetime
) -> Iterable[OpenBreaker]:
    moved = {name for name, breaker in known.breakers.items() if breaker.state != "closed"}
    waiting = [job for job in jobs if job.breaker and (job.breaker.name or job.name) in moved]
    entries = [entry(job, known, now, words=False) for job in waiting]
    return open_breakers(entries, config.jobs, known)


def _missed(store: Store, jobs: Iterable[Job], now: datetime) -> Iterator[MissedSlots]:
    missed = store.missed(now - DAY)
    for job in jobs if missed else ():
        if found := missed.get(job.name):
            yield _slots(job, found)


def _slots(job: Job, missed: Missed) -> MissedSlots:
    first, last = (at.astimezone(job.timezone.info) for at in (missed.first, missed.last))
    return MissedSlots(name=job.name, slots=missed.slots, first=first, last=last)


def _unsent(store: Store, config: Config, now: datetime) -> Iterator[Unsent]:
    for channel, found in store.given_up(config.channels, now - DAY).items():
        yield Unsent(
            channel=channel,
            letters=found.letters,
            last_error=found.last_error,
            last_at=found.last_at,
        )

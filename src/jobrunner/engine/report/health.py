"""Whether all is well: what `status` shows, on one screen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from jobrunner.engine.report.facts import Facts, Ran, local
from jobrunner.engine.report.overview import Entry, entry
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.store.value import Gap, Usual

# A tick is due every minute; one may be slow.
LATE = timedelta(minutes=2)
DEAD = timedelta(minutes=5)


Supervisor = Literal["awake", "asleep", "silent", "unknown"]
HostState = Literal["alive", "silent", "drained", "left"]


class Failing(Struct, frozen=True, kw_only=True):
    """A job whose last run failed, in the zone of the job."""

    name: str
    consecutive_failures: int
    failing_since: datetime | None
    last_run: Ran | None
    last_success_at: datetime | None
    usual_seconds: float | None


class OpenBreaker(Struct, frozen=True, kw_only=True):
    """A breaker that is not closed: when it lets a run try, and the jobs that wait for it."""

    name: str
    state: str
    failures: int
    until: datetime | None
    jobs: tuple[str, ...]


class Silence(Struct, frozen=True):
    """A stretch without ticks."""

    since: datetime
    until: datetime


class Peer(Struct, frozen=True):
    """A host that shares the ledger, and how it is."""

    name: str
    state: HostState


class Overall(Struct, frozen=True, kw_only=True):
    """How one host is.

    A supervisor that is there and does not answer is "silent".  `last_tick_at` is None if no tick
    ever came.  `hosts` are all that share the ledger, this one among them; none if nobody does.
    """

    host: str
    healthy: bool
    jobs: int
    failing: tuple[Failing, ...]
    paused: tuple[str, ...]
    breakers: tuple[OpenBreaker, ...]
    last_tick_at: datetime | None
    tick_age_seconds: float | None
    gaps: tuple[Silence, ...]
    supervisor: Supervisor
    running: int
    queued: int
    retrying: int
    next_job: str | None
    next_run_at: datetime | None
    database: str
    database_bytes: int
    config: str
    config_problem: str | None
    hosts: tuple[Peer, ...] = ()


class Watch(Struct, frozen=True, kw_only=True):
    """What is known besides jobs: ticks, the supervisor, the ledger's file.

    `problem` says why jobs.toml cannot be used, where an older version of it is in force.
    """

    host: str
    last_tick_at: datetime | None
    gaps: Sequence[Gap] = ()
    supervisor: Supervisor = "asleep"
    database: str = ""
    database_bytes: int = 0
    problem: str = ""
    hosts: Sequence[Peer] = ()


class Past(Struct, frozen=True, kw_only=True):
    """What failing jobs were before: their last success, and what one mostly took."""

    successes: Mapping[str, Run] = {}
    usual: Mapping[str, Usual] = {}


def health(config: Config, known: Facts, past: Past, watch: Watch, now: datetime) -> Overall:
    """Everything that says whether this host is well.

    It is not while a job fails, jobs.toml cannot be used, the supervisor does not answer, a host
    that shares the ledger is silent, or no tick comes; who has jobs by hand alone needs no ticks.
    """
    entries = [entry(job, known, now, words=False) for job in config.jobs.values()]
    failing = tuple(_failing(config.jobs[line.name], line, past) for line in failing_of(entries))
    coming = min(
        (line for line in entries if line.next_run_at and not line.paused),
        key=lambda line: line.next_run_at or now,
        default=None,
    )
    states = [run.state for run in known.live]
    return Overall(
        host=watch.host,
        healthy=not failing
        and not watch.problem
        and watch.supervisor != "silent"
        and not silent_of(watch.hosts)
        and (coming is None or not is_silent(watch.last_tick_at, now)),
        jobs=len(entries),
        failing=failing,
        paused=tuple(line.name for line in entries if line.paused),
        breakers=tuple(open_breakers(entries, config.jobs, known)),
        last_tick_at=watch.last_tick_at,
        tick_age_seconds=_age(watch.last_tick_at, now),
        gaps=tuple(Silence(gap.since, gap.until) for gap in watch.gaps),
        supervisor=watch.supervisor,
        running=states.count(State.RUNNING),
        queued=states.count(State.QUEUED),
        retrying=states.count(State.RETRYING),
        next_job=coming.name if coming else None,
        next_run_at=coming.next_run_at if coming else None,
        database=watch.database,
        database_bytes=watch.database_bytes,
        config=config.origin,
        config_problem=watch.problem or None,
        hosts=tuple(watch.hosts),
    )


def silent_of(hosts: Iterable[Peer]) -> list[str]:
    """The hosts that do not say any more that they live."""
    return [host.name for host in hosts if host.state == "silent"]


def failing_of(entries: Iterable[Entry]) -> list[Entry]:
    """The jobs that fail and are not held still, those with most failures in a row first."""
    found = [e for e in entries if e.consecutive_failures and e.enabled and not e.paused]
    return sorted(found, key=lambda line: -line.consecutive_failures)


def is_silent(last_tick_at: datetime | None, now: datetime) -> bool:
    """Whether ticks have stopped, or never came."""
    return last_tick_at is None or now - last_tick_at > DEAD


def _age(moment: datetime | None, now: datetime) -> float | None:
    return max(0.0, (now - moment).total_seconds()) if moment else None


def _failing(job: Job, line: Entry, past: Past) -> Failing:
    success = past.successes.get(line.name)
    usual = past.usual.get(line.name)
    return Failing(
        name=line.name,
        consecutive_failures=line.consecutive_failures,
        failing_since=line.failing_since,
        last_run=line.last_run,
        last_success_at=local(success.finished_at, job.timezone.info) if success else None,
        usual_seconds=usual.p50.total_seconds() if usual else None,
    )


def open_breakers(
    entries: Iterable[Entry], jobs: Mapping[str, Job], known: Facts
) -> Iterable[OpenBreaker]:
    """Each breaker that is not closed, once, whoever shares it."""
    waiting: dict[str, list[Entry]] = {}
    for line in entries:
        rule = jobs[line.name].breaker
        if rule and line.breaker != "closed":
            waiting.setdefault(rule.name or line.name, []).append(line)
    for name, lines in waiting.items():
        breaker = known.breakers[name]
        yield OpenBreaker(
            name=name,
            state=breaker.state,
            failures=breaker.failures,
            until=min((line.breaker_until for line in lines if line.breaker_until), default=None),
            jobs=tuple(line.name for line in lines),
        )

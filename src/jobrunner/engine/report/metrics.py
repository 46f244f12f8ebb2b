"""Figures for a monitoring system: the same in the file of [metrics] and wherever else they show.

Names, units and labels are a promise to dashboards and alerts of others: see docs/monitoring.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner import __version__
from jobrunner.engine.agenda import pause_of
from jobrunner.engine.fleet import shared
from jobrunner.engine.report.facts import Facts, facts
from jobrunner.engine.report.host import HostRow, of_fleet
from jobrunner.engine.report.overview import next_slot
from jobrunner.engine.ticks import last_tick
from jobrunner.formats import prometheus
from jobrunner.formats.prometheus import OPENMETRICS_TYPE, TEXT_TYPE, Family, Sample
from jobrunner.model.job import Job
from jobrunner.model.result import from_text
from jobrunner.model.run import State
from jobrunner.model.settings import Config
from jobrunner.store.base import Store
from jobrunner.store.value import BOUNDS, Gist, Totals

__all__ = ["OPENMETRICS_TYPE", "TEXT_TYPE", "Watch", "openmetrics", "see_metrics", "text"]

# Of a job whose newest runs were all skipped there is nothing to tell of an older one.
RECENT = 5
TICKED = timedelta(days=1)  # so far back a tick is looked for
RESULTS = (State.SUCCESS, State.FAILED, State.TIMEOUT, State.STOPPED, State.LOST, State.SKIPPED)
NOTHING = Totals(slots={}, attempts=0, took={}, duration=timedelta())


class Watch(Struct, frozen=True, kw_only=True):
    """What the ledger does not know: the host, and whether jobs.toml can be used.

    `look_seconds` is how long the last look for what is due took, where that is known.
    """

    host: str
    problem: str = ""
    look_seconds: float | None = None


class One(Struct, frozen=True, kw_only=True):
    """A job's figures."""

    name: str
    totals: Totals
    running: int
    is_held: bool
    failures: int
    started_at: datetime | None
    succeeded_at: datetime | None
    duration: timedelta | None
    next_at: datetime | None
    told: Mapping[str, float]


Value = Callable[[One], float | None]


def _stamp(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


GAUGES: Sequence[tuple[str, str, Value]] = (
    ("jobrunner_running", "How many runs go on.", lambda one: one.running),
    (
        "jobrunner_paused",
        "Whether the job is held still: paused by somebody, or disabled in jobs.toml.",
        lambda one: one.is_held,
    ),
    (
        "jobrunner_consecutive_failures",
        "Runs that failed since the last success.",
        lambda one: one.failures,
    ),
    (
        "jobrunner_last_start_timestamp_seconds",
        "When the last run began, in seconds since 1970.",
        lambda one: _stamp(one.started_at),
    ),
    (
        "jobrunner_last_success_timestamp_seconds",
        "When the last successful run ended, in seconds since 1970.",
        lambda one: _stamp(one.succeeded_at),
    ),
    (
        "jobrunner_last_duration_seconds",
        "How long the last attempt took that ended.",
        lambda one: one.duration.total_seconds() if one.duration is not None else None,
    ),
    (
        "jobrunner_next_run_timestamp_seconds",
        "When the job is due next, in seconds since 1970; in the past while nobody saw to it.",
        lambda one: _stamp(one.next_at),
    ),
)
COUNTERS: Sequence[tuple[str, str, Callable[[One], float]]] = (
    (
        "jobrunner_attempts_total",
        "Attempts of runs that are over, retries included.",
        lambda one: one.totals.attempts,
    ),
    (
        "jobrunner_missed_slots_total",
        "Slots that did not run and never will, because nobody looked in time.",
        lambda one: one.totals.slots.get(State.MISSED, 0),
    ),
)


# Of each host that shares the ledger, those that left as they should excepted.
OF_HOSTS: Sequence[tuple[str, str, Callable[[HostRow], float | None]]] = (
    (
        "jobrunner_host_up",
        "Whether the host was heard of within its last beats; 0 may mean that it is lost.",
        lambda host: host.state != "silent",
    ),
    (
        "jobrunner_host_drained",
        "Whether the host takes nothing new, as somebody asked.",
        lambda host: host.drained_at is not None,
    ),
    (
        "jobrunner_host_last_beat_timestamp_seconds",
        "When the host was last heard of, by the database's clock, in seconds since 1970.",
        lambda host: _stamp(host.last_beat_at),
    ),
    ("jobrunner_host_running", "How many runs go on at the host.", lambda host: host.running),
    (
        "jobrunner_host_waiting",
        "Runs that the host has taken and that have not begun.",
        lambda host: host.waiting,
    ),
    (
        "jobrunner_host_capacity",
        "How many runs may go on at the host at once.",
        lambda host: host.capacity,
    ),
    (
        "jobrunner_host_skew_seconds",
        "How far the host's own clock is ahead of the database's.",
        lambda host: host.skew_seconds,
    ),
    (
        "jobrunner_host_config_agrees",
        "Whether the host's jobs.toml is the one that it should be.",
        lambda host: host.agrees,
    ),
)


def see_metrics(store: Store, config: Config, watch: Watch, now: datetime) -> list[Family]:
    """Every figure, of every job that is declared."""
    jobs = [*config.jobs.values()]
    known, gists = facts(store, [], 1), store.gists((job.name for job in jobs), RECENT)
    totals, successes = store.totals(), store.last_successes(job.name for job in jobs)
    running = [run.job for run in known.live if run.state is State.RUNNING]
    ones = [
        _one(
            job,
            known,
            now,
            runs=gists.get(job.name, ()),
            totals=totals.get(job.name, NOTHING),
            running=running.count(job.name),
            succeeded_at=successes.get(job.name),
        )
        for job in jobs
    ]
    last_tick_at, _ = last_tick(store, now, TICKED)
    return [*_of_host(watch, last_tick_at), *_of_hosts(store, config), *_of_jobs(ones)]


def text(families: Iterable[Family], config: Config) -> str:
    """In the text format of Prometheus, with the labels that jobs.toml adds to each series."""
    return prometheus.text(families, config.metrics.labels)


def openmetrics(families: Iterable[Family], config: Config) -> str:
    """The same in OpenMetrics."""
    return prometheus.openmetrics(families, config.metrics.labels)


def _one(
    job: Job,
    known: Facts,
    now: datetime,
    *,
    runs: Sequence[Gist],
    totals: Totals,
    running: int,
    succeeded_at: datetime | None,
) -> One:
    health = known.health.get(job.name)
    pause = pause_of(job.name, known.health, now)
    return One(
        name=job.name,
        totals=totals,
        running=running,
        is_held=not job.enabled or (pause is not None and pause.holds(now)),
        failures=health.failures if health else 0,
        started_at=max((run.started_at for run in runs if run.started_at), default=None),
        succeeded_at=succeeded_at,
        duration=_last_duration(runs),
        next_at=next_slot(job, known, now),
        told=_told(runs),
    )


def _last_duration(runs: Iterable[Gist]) -> timedelta | None:
    return next((run.duration for run in runs if run.duration is not None), None)


def _told(runs: Iterable[Gist]) -> Mapping[str, float]:
    """The metrics of the newest run that left any."""
    results = (from_text(run.result) for run in runs)
    return next((result.metrics for result in results if result and result.metrics), {})


def _of_host(watch: Watch, last_tick_at: datetime | None) -> Iterator[Family]:
    about = {"version": __version__, "host": watch.host}
    yield Family("jobrunner_build_info", "gauge", "Which jobrunner this is.", [Sample(1, about)])
    yield _single("jobrunner_config_valid", "Whether jobs.toml can be used.", not watch.problem)
    yield _single(
        "jobrunner_last_tick_timestamp_seconds",
        "When the clock was last looked at, in seconds since 1970.",
        _stamp(last_tick_at),
    )
    yield _single(
        "jobrunner_tick_duration_seconds",
        "How long the last look for what is due took.",
        watch.look_seconds,
    )


def _of_hosts(store: Store, config: Config) -> Iterator[Family]:
    """What the others see of each host, where several share the ledger."""
    fleet = shared(store)
    if fleet is None:
        return
    hosts = [host for host in of_fleet(fleet, config.cluster).hosts if host.state != "left"]
    for name, purpose, value in OF_HOSTS:
        found = ((host.name, value(host)) for host in hosts)
        samples = [Sample(one, {"host": host}) for host, one in found if one is not None]
        yield Family(name, "gauge", purpose, samples)


def _single(name: str, purpose: str, value: float | None) -> Family:
    return Family(name, "gauge", purpose, [] if value is None else [Sample(value)])


def _of_jobs(ones: Sequence[One]) -> Iterator[Family]:
    yield Family(
        "jobrunner_runs_total",
        "counter",
        "Runs that are over, and slots that were skipped, by how they ended.",
        [
            Sample(one.totals.slots.get(state, 0), {"name": one.name, "result": state.value})
            for one in ones
            for state in RESULTS
        ],
    )
    for name, purpose, count in COUNTERS:
        yield Family(name, "counter", purpose, [Sample(count(one), _of(one)) for one in ones])
    for name, purpose, value in GAUGES:
        found = ((one, value(one)) for one in ones)
        samples = [Sample(figure, _of(one)) for one, figure in found if figure is not None]
        yield Family(name, "gauge", purpose, samples)
    yield Family(
        "jobrunner_run_duration_seconds",
        "histogram",
        "How long successful runs took.",
        [sample for one in ones for sample in _durations(one)],
    )
    yield Family(
        "jobrunner_result_metric",
        "gauge",
        "What the last run that told any figure told in $JOBRUNNER_RESULT.",
        [
            Sample(value, {**_of(one), "metric": metric})
            for one in ones
            for metric, value in one.told.items()
        ],
    )


def _durations(one: One) -> Iterator[Sample]:
    took = {bound: one.totals.took.get(bound, 0) for bound in BOUNDS}
    return prometheus.histogram(took, one.totals.duration.total_seconds(), _of(one))


def _of(one: One) -> dict[str, str]:
    return {"name": one.name}

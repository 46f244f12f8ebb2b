"""One job over time: what its last runs took and measured, and each day of a year."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

from msgspec import Struct

from jobrunner.engine.report.daysum import day_sums
from jobrunner.engine.report.line import MEASURED
from jobrunner.model.job import Job
from jobrunner.model.result import from_text
from jobrunner.model.run import FAILURES, OMITTED, Run, State
from jobrunner.store.base import Store
from jobrunner.store.value import ENDS

DAY = timedelta(days=1)
YEAR = 365
SHOWN = 100
# Slots that did not run lie between the runs that are shown; so many rows are looked through.
SEEN = 300
MOST = 20_000  # rows of the year, each of which is put on its day
METRICS = 20  # names; a job that makes up a new one each time has no line of any


class Took(Struct, frozen=True):
    """What one run took; it began at that time in the zone of the job."""

    run: int
    state: State
    began_at: datetime
    seconds: float


class DaySum(Struct, frozen=True):
    """One day: runs that ended, those of them that failed, slots that were skipped or missed."""

    runs: int
    failed: int
    idle: int


class Chart(Struct, frozen=True, kw_only=True):
    """One job: its last runs, oldest first; what is usual; its days up to `last`, of a year.

    `metrics` are what these runs have told, oldest first, by the names that most have told of.
    """

    took: tuple[Took, ...]
    p50_seconds: float | None
    p95_seconds: float | None
    timeout_seconds: float | None
    metrics: Mapping[str, tuple[float, ...]]
    last: date
    days: Mapping[date, DaySum]


def see_chart(store: Store, name: str, job: Job | None, now: datetime, zone: tzinfo) -> Chart:
    """What is drawn of a job; `zone` is that of one which is declared no more."""
    local = job.timezone.info if job else zone
    seen = store.latest([name], SEEN).get(name, [])
    runs = [run for run in seen if run.state in ENDS and run.duration is not None][:SHOWN][::-1]
    usual = store.usual([name], now - MEASURED, now).get(name)
    last = now.astimezone(local).date()
    first = last - YEAR * DAY
    return Chart(
        took=tuple(_took(run, local) for run in runs),
        p50_seconds=usual.p50.total_seconds() if usual else None,
        p95_seconds=usual.p95.total_seconds() if usual else None,
        timeout_seconds=job.timeout.total_seconds() if job and job.timeout else None,
        metrics=_metrics(runs),
        last=last,
        days=_days(store, name, first, now, local),
    )


def _took(run: Run, zone: tzinfo) -> Took:
    assert run.duration is not None  # no other one is shown
    began = (run.started_at or run.created_at).astimezone(zone)
    return Took(run.id, run.state, began, run.duration.total_seconds())


def _metrics(runs: Iterable[Run]) -> Mapping[str, tuple[float, ...]]:
    found: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        result = from_text(run.result)
        for name, value in result.metrics.items() if result else ():
            found[name].append(value)
    most = sorted(found, key=lambda name: (-len(found[name]), name))[:METRICS]
    return {name: tuple(found[name]) for name in sorted(most)}


def _days(
    store: Store, name: str, first: date, now: datetime, zone: tzinfo
) -> Mapping[date, DaySum]:
    last = now.astimezone(zone).date()
    tallies = store.tally_of_job(name, first - DAY, last + DAY)
    # Rows of a run are as old as its slot, which is seldom a day before its end.
    ended = store.ended(now - (YEAR + 3) * DAY, now + DAY, MOST + 1, name)
    sums = day_sums(tallies, ended if len(ended) <= MOST else [], zone)
    return {
        day: sum_of(states) for (day, _), states in sorted(sums.items()) if first <= day <= last
    }


def sum_of(states: Mapping[State, int]) -> DaySum:
    return DaySum(
        runs=sum(states.get(state, 0) for state in ENDS),
        failed=_count(states, FAILURES),
        idle=_count(states, OMITTED),
    )


def _count(states: Mapping[State, int], wanted: Sequence[State]) -> int:
    return sum(states.get(state, 0) for state in wanted)

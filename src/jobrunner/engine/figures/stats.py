"""What the runs of each job came to: counts, how long they took, whether that grows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.run import State
from jobrunner.policy.trend import Point, Trend, days_until, split, trend
from jobrunner.store.base import Store
from jobrunner.store.value import ENDS, Statistics, Took

# So many runs are gone through one by one in the time that a look at the ledger may take.
MOST_RUNS = 60_000
PIECES = 8
# A timeout that is further away is nobody's concern.
FORESEEN = 366
SECOND = 1_000_000
COUNTED = (*sorted(ENDS), State.MISSED, State.SKIPPED)
FIRST_DAY = date(1970, 1, 1)


class Figures(Struct, frozen=True, kw_only=True):
    """One job, from the UTC day `since` on.

    Durations are of its successes.  `exact` tells whether the percentiles are, or within a
    twentieth.  `recent` is what a success took in each of a few even stretches of the time, None
    where there was none.  A change is told if the days follow a line, of the `change_of` a day.
    """

    job: str
    since: date
    runs: int
    success: int
    failed: int
    timeout: int
    stopped: int
    lost: int
    missed: int
    skipped: int
    success_percent: float | None
    mean_seconds: float | None
    p50_seconds: float | None
    p95_seconds: float | None
    max_seconds: float | None
    exact: bool
    cpu_seconds: float
    recent_seconds: tuple[float | None, ...]
    change_percent: float | None
    change_days: int | None
    change_of: Literal["p50", "mean"] | None
    timeout_seconds: float | None
    timeout_on: date | None


class Known(Struct, frozen=True, kw_only=True):
    """What the ledger tells: the figures, the means of days, each success where there are few."""

    figures: Mapping[str, Statistics]
    days: Mapping[str, Sequence[Took]]
    each: Mapping[str, Sequence[Took]]


class Wanted(Struct, frozen=True):
    """Jobs whose figures are asked for, in order, and whether their successes are `few`."""

    names: Sequence[str]
    few: bool


def see_stats(here: Scene, names: Sequence[str], since: datetime, now: datetime) -> list[Figures]:
    """The figures of these jobs, in this order; without names of every job that has any."""
    wanted = wanted_of(here, names, since)
    return see_some(here, wanted, names or None, since, now)


def wanted_of(here: Scene, names: Sequence[str], since: datetime) -> Wanted:
    """These jobs; without names those that have any figures, as in the file, then those gone."""
    found, jobs = here.store.successful(since), here.config.jobs
    if names:
        few = sum(found.get(name, 0) for name in {*names}) <= MOST_RUNS
        return Wanted(names, few)
    declared = [name for name in jobs if name in found]
    return Wanted(declared + sorted(found.keys() - jobs.keys()), sum(found.values()) <= MOST_RUNS)


def see_some(
    here: Scene, wanted: Wanted, shown: Sequence[str] | None, since: datetime, now: datetime
) -> list[Figures]:
    """The figures of those that are shown, None for all: the same as within the whole."""
    known = _known(here.store, shown, since, few=wanted.few)
    names = wanted.names if shown is None else shown
    return [_figures(name, here.config.jobs.get(name), known, since, now) for name in names]


def _known(store: Store, shown: Sequence[str] | None, since: datetime, *, few: bool) -> Known:
    """Each success where they are `few`, and the ledger's own percentiles where they are needed."""
    subject = shown[0] if shown and len(shown) == 1 else shown
    each = store.successes(since, subject) if few else {}
    figures = {one.job: one for one in store.statistics(since, subject, usual=not few)}
    if few and not all(_is_complete(one, each) for one in figures.values()):
        figures = {one.job: one for one in store.statistics(since, subject)}
    return Known(figures=figures, days=store.days(since, subject), each=each)


def _is_complete(figure: Statistics, each: Mapping[str, Sequence[Took]]) -> bool:
    """Whether the ledger still has every success that was counted."""
    return figure.slots.get(State.SUCCESS, 0) == len(each.get(figure.job, ()))


def _figures(name: str, job: Job | None, known: Known, since: datetime, now: datetime) -> Figures:
    figure = known.figures.get(name) or _nothing(name)
    each = known.each.get(name, ())
    exact = _is_complete(figure, known.each)
    points = [(day, took / SECOND) for day, took in (each if exact else known.days.get(name, ()))]
    counts: dict[str, Any] = {state.value: figure.slots.get(state, 0) for state in COUNTED}
    runs = sum(counts[state] for state in ENDS)
    first, last = ((moment.date() - FIRST_DAY).days for moment in (since, now))
    p50, p95 = _percentiles(figure, sorted(took for _, took in each) if exact else [])
    return Figures(
        job=name,
        since=since.date(),
        runs=runs,
        **counts,
        success_percent=round(100 * counts[State.SUCCESS] / runs, 4) if runs else None,
        mean_seconds=_seconds(figure.mean),
        p50_seconds=p50,
        p95_seconds=p95,
        max_seconds=_seconds(figure.longest),
        exact=exact,
        cpu_seconds=figure.cpu.total_seconds(),
        recent_seconds=split(points, first, last, PIECES),
        **_change(points, job, "p50" if exact else "mean"),
    )


def _nothing(name: str) -> Statistics:
    return Statistics(
        job=name, slots={}, mean=None, p50=None, p95=None, longest=None, cpu=timedelta()
    )


def _percentiles(figure: Statistics, took: Sequence[int]) -> tuple[float | None, float | None]:
    """The nearest ranks of every success, in order; where they are not known, the ledger's own."""
    if not took:
        return _seconds(figure.p50), _seconds(figure.p95)
    ranks = (-(-percent * len(took) // 100) for percent in (50, 95))
    p50, p95 = (took[rank - 1] / SECOND for rank in ranks)
    return p50, p95


def _change(points: Sequence[Point], job: Job | None, of: Literal["p50", "mean"]) -> dict[str, Any]:
    line = trend(points)
    timeout = job.timeout.total_seconds() if job and job.timeout else None
    if line is None:
        names = ("change_percent", "change_days", "change_of", "timeout_on")
        return {**dict.fromkeys(names), "timeout_seconds": timeout}
    first, last = (edge(day for day, _ in points) for edge in (min, max))
    return {
        "change_percent": round(100 * line.change, 1),
        "change_days": int(last - first) + 1,
        "change_of": of,
        "timeout_seconds": timeout,
        "timeout_on": _meets(line, last, timeout),
    }


def _meets(line: Trend, last: float, timeout: float | None) -> date | None:
    """The day on which a growing job takes as long as it may."""
    left = days_until(line, timeout) if timeout else None
    if left is None or left > FORESEEN:
        return None
    return FIRST_DAY + timedelta(days=last + left)


def growth(one: Figures, now: datetime) -> str:
    """By how much a job takes longer and longer, and when it will take longer than it may."""
    if one.change_percent is None or one.change_percent <= 0:
        return ""
    told = f"{one.change_of} up {one.change_percent:.0f}% in {one.change_days} days"
    if not one.timeout_on:
        return told
    day = one.timeout_on
    year = f" {day.year}" if day.year != now.year else ""
    return f"{told}; at this rate it meets its timeout on {day.day} {day:%b}{year}"


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()

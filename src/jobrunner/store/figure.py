"""Figures of each UTC day, kept up as runs end, so that they are at hand and outlive pruning."""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from jobrunner.model.run import State
from jobrunner.store import row
from jobrunner.store.history import places
from jobrunner.store.session import Session
from jobrunner.store.sql import history, life
from jobrunner.store.value import BOUNDS, Statistics, Subjects, Took, Totals

# Steps to a doubling: the middle of a step is at most 4.4 % away from what fell into it.
STEPS = 8
# Few rows a job, so that the figures of a thousand jobs are at hand.
WEEK = 7 * row.DAY
# A run that took longer is only missing where each run is told.
LONGEST_RUN = row.DAY
SECOND = 1_000_000
DAYS = (history.DAYS, history.DAYS_OF, history.DAYS_OF_MANY)
SUCCESSES = (history.SUCCESSES, history.SUCCESSES_OF, history.SUCCESSES_OF_MANY)
DURATIONS = (history.DURATIONS, history.DURATIONS_OF, history.DURATIONS_OF_MANY)


class Counted(Struct, frozen=True):
    """What ended, for the figures."""

    job: str
    state: State
    at: datetime
    slots: int = 1
    attempts: int = 0
    duration: timedelta | None = None
    cpu: timedelta | None = None


def count(session: Session, ends: Iterable[Counted]) -> None:
    """Add what ended to the figures of its day, and to those since ever.

    Each figure once, in the order of their names, so that no two who count wait for one another.
    """
    days: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    totals: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    durations: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for end in ends:
        at, took = row.micros(end.at), _took(end)
        day = days[end.job, end.state.value, at // row.DAY]
        day.update(slots=end.slots, duration=took or 0, cpu=row.length(end.cpu) or 0)
        day["longest"] = max(day["longest"], took or 0)
        total = totals[end.job, end.state.value, 0 if took is None else upto(took)]
        total.update(slots=end.slots, attempts=end.attempts, duration=took or 0)
        if took is not None:
            durations[end.job, at // WEEK, step_of(took)].update(runs=1)
    session.change_each(life.COUNT_DAY, _named(("job", "state", "day"), days))
    session.change_each(life.COUNT_TOTAL, _named(("job", "state", "upto"), totals))
    session.change_each(life.COUNT_DURATION, _named(("job", "week", "step"), durations))


def _took(end: Counted) -> int | None:
    return row.length(end.duration) if end.state is State.SUCCESS else None


def _named(
    names: Sequence[str], sums: Mapping[tuple[Any, ...], Counter[str]]
) -> Iterator[dict[str, Any]]:
    for key in sorted(sums):
        yield dict(zip(names, key, strict=True)) | sums[key]


def step_of(duration: int) -> int:
    return int(math.log2(max(duration, 1)) * STEPS)


def upto(duration: int) -> int:
    """The bound in seconds of the class of durations into which so many microseconds fall."""
    return BOUNDS[bisect_left(BOUNDS[:-1], duration / SECOND)]


def totals(session: Session) -> dict[str, Totals]:
    rows: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for job, *rest in session.rows(history.TOTALS):
        rows[job].append(rest)
    return {job: _totals_of(found) for job, found in rows.items()}


def _totals_of(rows: Sequence[Sequence[Any]]) -> Totals:
    slots: dict[State, int] = defaultdict(int)
    for state, _, count, *_ in rows:
        slots[row.state(state)] += int(count)
    return Totals(
        slots=dict(slots),
        attempts=sum(int(attempts) for *_, attempts, _ in rows),
        took={int(upto): int(count) for _, upto, count, *_ in rows if upto},
        duration=timedelta(microseconds=sum(int(duration) for *_, duration in rows)),
    )


def statistics(
    session: Session, since: datetime, job: Subjects, *, usual: bool = True
) -> list[Statistics]:
    at = row.micros(since)
    days = _rows(session, DAYS, job, {"day": at // row.DAY})
    steps = _rows(session, DURATIONS, job, {"week": at // WEEK}) if usual else []
    taken = defaultdict(list)
    for name, step, runs in steps:
        taken[name].append((step, int(runs)))
    states = defaultdict(list)
    for name, *rest in days:
        states[name].append(rest)
    return [_of_job(name, states[name], taken[name]) for name in sorted(states)]


def days(session: Session, since: datetime, job: Subjects) -> dict[str, list[Took]]:
    return _by_job(_rows(session, SUCCESSES, job, {"day": row.micros(since) // row.DAY}))


def successes(session: Session, since: datetime, job: Subjects) -> dict[str, list[Took]]:
    first = row.micros(since) // row.DAY * row.DAY
    values = {"first": first, "since": first - LONGEST_RUN}
    if job is None:
        return _by_job(session.rows(history.TOOK, values))
    names = [job] if isinstance(job, str) else dict.fromkeys(job)
    return _by_job(
        found for name in names for found in session.rows(history.TOOK_OF, {**values, "job": name})
    )


def successful(session: Session, since: datetime) -> dict[str, int]:
    return dict(session.rows(history.SUCCESSFUL, {"day": row.micros(since) // row.DAY}))


def _rows(
    session: Session, statements: Sequence[str], job: Subjects, values: Mapping[str, int]
) -> Iterator[Sequence[Any]]:
    """What the statement that is for all jobs, for one, or for many at once answers with."""
    of_all, of_one, of_many = statements
    if job is None:
        yield from session.rows(of_all, values)
    elif isinstance(job, str):
        yield from session.rows(of_one, {**values, "job": job})
    else:
        for some in places(job):
            yield from session.rows(of_many, {**values, **some})


def _by_job(rows: Iterable[Sequence[Any]]) -> dict[str, list[Took]]:
    found: dict[str, list[Took]] = defaultdict(list)
    for job, day, took in rows:
        found[job].append((day, took))
    return dict(found)


def _of_job(
    job: str, days: Sequence[Sequence[Any]], taken: Sequence[tuple[int, int]]
) -> Statistics:
    slots = {row.state(state): int(slots) for state, slots, *_ in days}
    runs = slots.get(State.SUCCESS, 0)
    longest = max(int(longest) for _, _, _, longest, _ in days)
    total = sum(int(duration) for _, _, duration, _, _ in days)
    return Statistics(
        job=job,
        slots=slots,
        mean=row.span(total // runs) if runs else None,
        p50=row.span(percentile(taken, 50, longest)),
        p95=row.span(percentile(taken, 95, longest)),
        longest=row.span(longest) if runs else None,
        cpu=timedelta(microseconds=sum(int(cpu) for *_, cpu in days)),
    )


def percentile(taken: Sequence[tuple[int, int]], percent: int, longest: int) -> int | None:
    """The middle of the step in which the nearest-rank percentile lies; `taken` is in order."""
    rank = -(-percent * sum(runs for _, runs in taken) // 100)
    seen = 0
    for step, runs in taken:
        seen += runs
        if seen >= rank:
            return min(round(2 ** ((step + 0.5) / STEPS)), longest)
    return None

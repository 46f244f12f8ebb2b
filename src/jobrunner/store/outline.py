"""Telling the past in outline: strips, stretches and sums, as few rows as a page can draw."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from jobrunner.model.run import State
from jobrunner.store import row
from jobrunner.store.figure import SECOND, WEEK, percentile
from jobrunner.store.history import newest
from jobrunner.store.session import Session
from jobrunner.store.sql import outline as sql
from jobrunner.store.value import Brief, DayTally, EndedAt, Gist, Missed, Stretch, Usual

EPOCH = date(1970, 1, 1)


def briefs(session: Session, jobs: Iterable[str], count: int) -> dict[str, list[Brief]]:
    found: dict[str, list[Brief]] = defaultdict(list)
    for job, number, state, took in _newest(session, sql.BRIEFS, jobs, count):
        seconds = None if took is None else took / SECOND
        found[job].append(Brief(number, row.state(state), seconds))
    return dict(found)


def gists(session: Session, jobs: Iterable[str], count: int) -> dict[str, list[Gist]]:
    found: dict[str, list[Gist]] = defaultdict(list)
    for job, began, took, result in _newest(session, sql.GISTS, jobs, count):
        found[job].append(Gist(row.instant_or_none(began), row.span(took), result))
    return dict(found)


def _newest(
    session: Session, statement: str, jobs: Iterable[str], count: int
) -> Iterator[Sequence[Any]]:
    rows = _of_many(session, statement, jobs, {"count": count})
    return newest(rows, count, lambda values: values[0])


def stretches(
    session: Session, jobs: Iterable[str], since: datetime, until: datetime, step: timedelta
) -> dict[str, list[Stretch]]:
    values = {
        "since": row.micros(since),
        "until": row.micros(until),
        "step": step // row.MICROSECOND,
    }
    rows = {job: session.rows(sql.STRETCHES, values | {"job": job}) for job in dict.fromkeys(jobs)}
    return {job: [_stretch(*each) for each in found] for job, found in rows.items() if found}


def _stretch(state: str, since: int, until: int, runs: int, run: int) -> Stretch:
    return Stretch(row.state(state), row.instant(since), row.instant(until), runs, run)


def usual(
    session: Session, jobs: Iterable[str], since: datetime, until: datetime
) -> dict[str, Usual]:
    weeks = {"week": row.micros(since) // WEEK, "last": row.micros(until) // WEEK}
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for job, step, runs in _of_many(session, sql.USUAL, jobs, weeks):
        taken[job].append((step, int(runs)))
    return {job: Usual(*map(row.duration, _percentiles(found))) for job, found in taken.items()}


def _percentiles(taken: Sequence[tuple[int, int]]) -> Iterator[int]:
    for percent in (50, 95):
        found = percentile(taken, percent, row.LARGEST)
        assert found is not None  # a step has a run
        yield found


def tally(session: Session, since: datetime, jobs: Collection[str] | None) -> dict[State, int]:
    values = {"day": row.micros(since) // row.DAY}
    if jobs is None:
        return {row.state(state): int(slots) for state, slots in session.rows(sql.TALLY, values)}
    return _added(session.rows(sql.TALLY_BY_JOB, values), jobs)


def tally_by_day(session: Session, first: date, last: date, jobs: Iterable[str]) -> list[DayTally]:
    rows = _of_many(session, sql.TALLY_BY_DAY, jobs, _days(first, last))
    return [(day, job, row.state(state), slots) for day, job, state, slots in rows]


def troubles_by_day(session: Session, first: date, last: date) -> list[DayTally]:
    rows = session.rows(sql.TROUBLES_BY_DAY, _days(first, last))
    return [(day, job, row.state(state), slots) for day, job, state, slots in rows]


def sums_by_day(
    session: Session, first: date, last: date, jobs: Iterable[str] | None
) -> dict[date, dict[State, int]]:
    days = _days(first, last)
    rows: Iterable[Sequence[Any]] = (
        session.rows(sql.SUMS_BY_DAY, days)
        if jobs is None
        else _of_many(session, sql.SUMS_BY_DAY_OF_MANY, jobs, days)
    )
    found: dict[date, Counter[State]] = defaultdict(Counter)
    for day, state, slots in rows:
        found[EPOCH + timedelta(days=day)][row.state(state)] += int(slots)
    return {day: dict(states) for day, states in found.items()}


def _days(first: date, last: date) -> Mapping[str, int]:
    return {"first": (first - EPOCH).days, "last": (last - EPOCH).days}


def tally_of_job(session: Session, job: str, first: date, last: date) -> list[DayTally]:
    values = {"job": job, **_days(first, last)}
    return [
        (day, job, row.state(state), slots)
        for day, state, slots in session.rows(sql.TALLY_OF_DAYS, values)
    ]


def ended(
    session: Session, since: datetime, until: datetime, most: int, job: str | None
) -> list[EndedAt]:
    values = {
        "since": row.micros(since),
        "until": row.micros(until),
        "most": most,
        "job": job,
    }
    rows = session.rows(sql.ENDED if job is None else sql.ENDED_OF, values)
    return [(at, name, row.state(state), slots) for at, name, state, slots in rows]


def lately(session: Session, since: datetime, jobs: Collection[str] | None) -> dict[State, int]:
    """All are counted by an index, those that are not success too: what is left is success."""
    values = {"since": row.micros(since)}
    if jobs is None:
        written = session.rows(sql.WRITTEN_SINCE, values)[0][0]
        others = {
            row.state(state): count for state, count in session.rows(sql.OTHERS_SINCE, values)
        }
    else:
        statement, mine = sql.WRITTEN_SINCE_OF, {*jobs}
        written = sum(session.rows(statement, values | {"job": job})[0][0] for job in mine)
        others = _added(session.rows(sql.OTHERS_SINCE_BY_JOB, values), mine)
    return others | {State.SUCCESS: written - sum(others.values())}


def _added(rows: Iterable[Sequence[Any]], jobs: Collection[str]) -> dict[State, int]:
    found: Counter[State] = Counter()
    for job, state, count in rows:
        if job in jobs:
            found[row.state(state)] += int(count)
    return dict(found)


def missed(session: Session, since: datetime) -> dict[str, Missed]:
    rows = session.rows(sql.MISSED, {"since": row.micros(since)})
    return {
        job: Missed(int(slots), row.instant(first), row.instant(last))
        for job, slots, first, last in rows
    }


def pulse(session: Session) -> str:
    return ".".join(str(value or 0) for value in session.rows(sql.PULSE)[0])


def _of_many(
    session: Session, statement: str, jobs: Iterable[str], values: Mapping[str, Any]
) -> Iterator[Sequence[Any]]:
    names = list(dict.fromkeys(jobs))
    for first in range(0, len(names), sql.AT_ONCE):
        some = names[first : first + sql.AT_ONCE]
        # No job has no name: what is left of the places finds nothing.
        places = dict.fromkeys((f"job{number}" for number in range(sql.AT_ONCE)), "")
        given = {f"job{number}": job for number, job in enumerate(some)}
        yield from session.rows(statement, {**values, **places, **given})

"""Telling what was: runs by number, by page, by job; their attempts and definitions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from msgspec.structs import replace

from jobrunner.model.run import Attempt, Run, Trigger
from jobrunner.store import row
from jobrunner.store.session import Session
from jobrunner.store.sql import history as sql
from jobrunner.store.value import RunFilter

FEW = 10  # jobs that are asked for one by one


def run(session: Session, run: int) -> Run | None:
    found = session.rows(sql.RUN, {"run": run})
    return row.run(found[0]) if found else None


def attempts(session: Session, run: int) -> list[Attempt]:
    return [row.attempt(found) for found in session.rows(sql.ATTEMPTS, {"run": run})]


def live(session: Session, owner: str | None) -> list[Run]:
    statement = sql.LIVE if owner is None else sql.LIVE_OF
    return [row.run(found) for found in session.rows(statement, {"owner": owner})]


def runs(session: Session, wanted: RunFilter) -> list[Run]:
    """One page.  Each state is asked for by itself, so that an index gives its newest at once."""
    found = _of_states(session, wanted) if wanted.jobs is None else _of_some(session, wanted)
    return [row.run(values) for values in sorted(found, key=_age, reverse=True)[: wanted.limit]]


def _age(values: Sequence[Any]) -> tuple[int, int]:
    """When a run was written, and its number: what runs are ordered by."""
    return values[15], values[0]


def _of_states(session: Session, wanted: RunFilter) -> list[Sequence[Any]]:
    values = _values(wanted)
    return [
        found
        for state in _states(wanted)
        for found in session.rows(sql.page(wanted, state), values | {"state": state})
    ]


def _of_some(session: Session, wanted: RunFilter) -> list[Sequence[Any]]:
    """Of some jobs: what is rare is looked for among the rare, all else job by job."""
    if wanted.trigger not in {None, Trigger.SCHEDULE}:
        return _among_all(session, wanted)
    live = tuple(state for state in wanted.states if state.is_live)
    over = tuple(state for state in wanted.states if not state.is_live)
    found: list[Sequence[Any]] = []
    if live:
        found += _among_all(session, replace(wanted, states=live))
    if over or not live:
        found += _of_many(session, replace(wanted, states=over))
    return found


def _of_many(session: Session, wanted: RunFilter) -> list[Sequence[Any]]:
    """The jobs with the newest runs have the page: no other job's newest is as new as its last."""
    heads = []
    for state in _states(wanted):
        statement, values = sql.heads(wanted, state), _values(wanted) | {"state": state}
        for names in places(wanted.jobs or ()):
            heads += [(*head, state) for head in session.rows(statement, values | names)]
    heads.sort(reverse=True, key=lambda head: head[:2])
    if len(heads) >= wanted.limit:
        heads = heads[: wanted.limit]
        wanted = replace(wanted, since=row.instant(heads[-1][0]))
    found: list[Sequence[Any]] = []
    for _, _, job, state in heads:
        of_job = replace(wanted, job=job)
        values = _values(of_job) | {"state": state}
        found += session.rows(sql.page(of_job, state), values)
    return found


def _among_all(session: Session, wanted: RunFilter) -> list[Sequence[Any]]:
    """All that an index has of it is gone through, and what is of other jobs left out."""
    jobs = frozenset(wanted.jobs or ())
    found: list[Sequence[Any]] = []
    while page := sorted(_of_states(session, wanted), key=_age, reverse=True)[: wanted.limit]:
        found += [values for values in page if values[1] in jobs]
        if len(found) >= wanted.limit or len(page) < wanted.limit:
            break
        wanted = replace(wanted, before=page[-1][0])
    return found


def _states(wanted: RunFilter) -> Sequence[str | None]:
    return sorted({state.value for state in wanted.states}) or [None]


def _values(wanted: RunFilter) -> dict[str, Any]:
    return {
        "job": wanted.job,
        "trigger": wanted.trigger.value if wanted.trigger else None,
        "host": wanted.host,
        "since": row.micros_or_none(wanted.since),
        "until": row.micros_or_none(wanted.until),
        "before": wanted.before,
        "limit": wanted.limit,
    }


def last_successes(session: Session, jobs: Iterable[str]) -> dict[str, datetime]:
    found = {job: session.rows(sql.LAST_SUCCESS, {"job": job}) for job in {*jobs}}
    return {job: row.instant(rows[0][0]) for job, rows in found.items() if rows}


def latest(session: Session, jobs: Iterable[str], count: int) -> dict[str, list[Run]]:
    names = list(dict.fromkeys(jobs))
    found: dict[str, list[Run]] = {}
    for values in _latest(session, names, count):
        run = row.run(values)
        found.setdefault(run.job, []).append(run)
    return found


def _latest(session: Session, jobs: Sequence[str], count: int) -> Iterator[Sequence[Any]]:
    if len(jobs) < FEW:
        for job in jobs:
            yield from session.rows(sql.LATEST, {"job": job, "count": count})
        return
    for names in places(jobs):
        found = session.rows(sql.LATEST_OF_MANY, names | {"count": count})
        yield from newest(found, count, lambda values: values[1])


def newest(
    rows: Iterable[Sequence[Any]], count: int, job_of: Callable[[Sequence[Any]], Any]
) -> Iterator[Sequence[Any]]:
    """So many of each job, of rows that are in order, job by job."""
    for _, found in groupby(rows, job_of):
        yield from islice(found, count)


def places(jobs: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The names of many jobs, as many at once as a statement has places for."""
    names = list(dict.fromkeys(jobs))
    for first in range(0, len(names), sql.AT_ONCE):
        some = names[first : first + sql.AT_ONCE]
        # No job has no name: what is left of the places finds nothing.
        places = dict.fromkeys((f"job{number}" for number in range(sql.AT_ONCE)), "")
        yield places | {f"job{number}": job for number, job in enumerate(some)}


def executions(session: Session, job: str, skip: int, limit: int) -> tuple[int, list[Run]]:
    """One page by its place, and of how many runs it is one."""
    count = session.rows(sql.EXECUTIONS_COUNT, {"job": job})[0][0]
    if skip >= count:
        return count, []
    values = {"job": job, "skip": skip, "count": limit}
    return count, [row.run(found) for found in session.rows(sql.EXECUTIONS, values)]


def definition(session: Session, fingerprint: str) -> str | None:
    found = session.rows(sql.DEFINITION, {"fingerprint": fingerprint})
    return found[0][0] if found else None

"""Telling what was: runs by number, by page, by job; their attempts and definitions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from jobrunner.model.run import Attempt, Run
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
    values = {
        "job": wanted.job,
        "trigger": wanted.trigger.value if wanted.trigger else None,
        "since": row.micros_or_none(wanted.since),
        "until": row.micros_or_none(wanted.until),
        "before": wanted.before,
        "limit": wanted.limit,
    }
    states: Sequence[str | None] = sorted({state.value for state in wanted.states})
    found = []
    for state in states or [None]:
        page = session.rows(sql.page(wanted, state), values | {"state": state})
        found += [row.run(each) for each in page]
    found.sort(key=lambda run: (run.created_at, run.id), reverse=True)
    return found[: wanted.limit]


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
    for first in range(0, len(jobs), sql.AT_ONCE):
        some = jobs[first : first + sql.AT_ONCE]
        # No job has no name: what is left of the places finds nothing.
        places = dict.fromkeys((f"job{number}" for number in range(sql.AT_ONCE)), "")
        values = places | {f"job{number}": job for number, job in enumerate(some)}
        yield from session.rows(sql.LATEST_OF_MANY, values | {"count": count})


def definition(session: Session, fingerprint: str) -> str | None:
    found = session.rows(sql.DEFINITION, {"fingerprint": fingerprint})
    return found[0][0] if found else None

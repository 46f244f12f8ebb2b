"""Telling what was: runs by number, by page, by job; their attempts and definitions."""

from collections.abc import Iterable, Sequence

from jobrunner.model.run import Attempt, Run
from jobrunner.store import row
from jobrunner.store.session import Session
from jobrunner.store.sql import history as sql
from jobrunner.store.value import RunFilter


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


def latest(session: Session, jobs: Iterable[str], count: int) -> dict[str, list[Run]]:
    found = {}
    for job in jobs:
        rows = session.rows(sql.LATEST, {"job": job, "count": count})
        if rows:
            found[job] = [row.run(values) for values in rows]
    return found


def definition(session: Session, fingerprint: str) -> str | None:
    found = session.rows(sql.DEFINITION, {"fingerprint": fingerprint})
    return found[0][0] if found else None

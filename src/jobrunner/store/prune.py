"""Bounding the history in steps so small that no writer waits long for one."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.model.run import State
from jobrunner.store import figure, row
from jobrunner.store.session import Connection, Session
from jobrunner.store.sql import upkeep as sql
from jobrunner.store.value import Keep, Pruned, Retention

CHUNK = 500
# A writer that waits asks again after at most 25 ms for the first 150 ms: a rest longer than
# that lets it in, whatever the moment it came.
HOLD = 0.01
REST = 0.03
# Rows of a transaction: each touches some pages, and whoever commits meanwhile waits for the disk.
MOST = 100
PRUNING = "pruning"
DAY = timedelta(days=1)
YEAR = timedelta(days=400)  # and some weeks, so that it can be compared with the last
LIVE = frozenset({State.QUEUED, State.RUNNING, State.RETRYING})
FAILURES = frozenset({State.FAILED, State.TIMEOUT, State.LOST, State.MISSED})

Position = tuple[int, int]
NOWHERE: Position = (-1, -1)


class Bound(Struct, frozen=True, kw_only=True):
    """Up to where the rows of one job go, by the time and number of a row; and which two stay."""

    others: Position
    failures: Position
    stay: frozenset[int]

    def dooms(self, number: int, state: str, created_at: int) -> bool:
        if number in self.stay:
            return False
        bound = self.failures if state in FAILURES else self.others
        return (created_at, number) <= bound


def prune(connection: Connection, keep: Retention, now: datetime, clock: Clock) -> Iterator[Pruned]:
    bounds, extent = _doom(connection, keep, now)
    yield from _runs(connection, bounds, extent, clock)
    yield from sweep(connection, keep.usual, now, lambda: _make_way(connection, clock))


def prunable(connection: Connection, keep: Retention, now: datetime) -> int:
    """How many runs would be removed."""
    bounds, (first, last) = _doom(connection, keep, now)
    count, after = 0, first - 1
    while after < last and (chunk := _chunk(connection, after)):
        count += len(_doomed(chunk, bounds, last))
        after = chunk[-1][0]
    return count


def _doom(
    connection: Connection, keep: Retention, now: datetime
) -> tuple[dict[str, Bound], tuple[int, int]]:
    """What goes of each job, and the first and last number of all rows there are."""
    with connection.reading() as session:
        bounds = {job: _bound(session, job, keep.of(job), now) for job in _jobs(session)}
        first, last = session.rows(sql.EXTENT)[0]
    return bounds, (first, last)


def _jobs(session: Session) -> list[str]:
    return [job for (job,) in session.rows(sql.JOBS_THAT_RAN)]


def _bound(session: Session, job: str, keep: Keep, now: datetime) -> Bound:
    found = session.rows(sql.NEWEST, {"job": job}) + session.rows(sql.NEWEST_SUCCESS, {"job": job})
    return Bound(
        others=_position(session, job, keep.runs, now - keep.age),
        failures=_position(session, job, 2 * keep.runs, now - 2 * keep.age),
        stay=frozenset(number for (number,) in found),
    )


def _position(session: Session, job: str, count: int, before: datetime) -> Position:
    """The newest row that is one too many, or too old, whichever is newer."""
    too_many = session.rows(sql.NTH_NEWEST, {"job": job, "count": count})
    created_at, number = too_many[0] if too_many else NOWHERE
    return max((created_at, number), (row.micros(before), -1))


def _runs(
    connection: Connection, bounds: dict[str, Bound], extent: tuple[int, int], clock: Clock
) -> Iterator[Pruned]:
    first, last = extent
    after, of = first - 1, last - first + 1
    # By number, which is by time: rows made together lie together, so that fewer pages change.
    while after < last:
        chunk = _chunk(connection, after)
        if not chunk:
            return
        doomed = _doomed(chunk, bounds, last)
        after = chunk[-1][0]
        seen = min(after, last) - first + 1
        if not doomed:
            yield Pruned(seen=seen, of=of, removed=0)
        while doomed:
            with connection.writing() as session:
                removed, outputs = _remove(session, doomed, clock)
            _make_way(connection, clock)
            yield Pruned(seen=seen, of=of, removed=removed, outputs=tuple(outputs))


def _doomed(chunk: list[tuple[Any, ...]], bounds: dict[str, Bound], last: int) -> list[int]:
    return [
        number
        for number, job, state, created_at in chunk
        if state not in LIVE
        and job in bounds
        and number <= last
        and bounds[job].dooms(number, state, created_at)
    ]


def _chunk(connection: Connection, after: int) -> list[tuple[Any, ...]]:
    with connection.reading() as session:
        return session.rows(sql.CHUNK, {"after": after, "count": CHUNK})


def _remove(session: Session, doomed: list[int], clock: Clock) -> tuple[int, list[str]]:
    """Remove runs from the end of the list until its time is up; the names of their outputs."""
    session.guard(PRUNING)
    began = clock.elapsed()
    removed, outputs = 0, []
    for _ in range(MOST):
        if not doomed or clock.elapsed() - began > HOLD:
            break
        number = doomed.pop()
        left = session.rows(sql.OUTPUTS, {"run": number})
        gone = session.rows(sql.REMOVE_RUN, {"run": number})
        removed += len(gone)
        outputs += sorted({output for (output,) in left + gone if output and gone})
    return removed, outputs


def sweep(
    connection: Connection, keep: Keep, now: datetime, make_way: Callable[[], None]
) -> Iterator[Pruned]:
    """Old ticks, requests, messages, sessions, keys; figures, tokens and audit after a year.

    Between two steps `make_way` lets others write.
    """
    values = {
        "now": row.micros(now),
        "before": row.micros(now - 2 * keep.age),
        "day_ago": row.micros(now - DAY),
        "long_before": row.micros(now - max(2 * keep.age, YEAR)),
        "day": row.micros(now - YEAR) // row.DAY,
        "week": row.micros(now - YEAR) // figure.WEEK,
        "count": CHUNK,
    }
    for statement in (*sql.SWEEPS, *sql.OLD_DAYS):
        removed = 1
        while removed:
            with connection.writing() as session:
                session.guard(PRUNING)
                removed = session.change(statement, values)
            if removed:
                make_way()
                yield Pruned(seen=0, of=0, removed=removed)


def _make_way(connection: Connection, clock: Clock) -> None:
    connection.checkpoint()
    clock.sleep(REST)

"""Bounding the history of a ledger that many hosts write: by job, many rows in one statement.

Nobody waits for whoever prunes: he locks only what he removes.  A step is short, because the
supervisor that does it sees to nothing else meanwhile.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from jobrunner.store import row
from jobrunner.store.postgres import partition
from jobrunner.store.postgres.sql import retention as sql
from jobrunner.store.prune import PRUNING, sweep
from jobrunner.store.session import Connection
from jobrunner.store.sql.upkeep import EXTENT
from jobrunner.store.value import Pruned, Retention

NAMES = 500  # of jobs, in one step
JOBS = 10  # whose bounds are looked for at once: half a millisecond each
MOST = 100  # runs of a step
ALL = 2**62


def prune(connection: Connection, keep: Retention, now: datetime) -> Iterator[Pruned]:
    """Remove what is older or more than is to be kept; then old output, and months of it."""
    jobs: list[str] = []
    of = _extent(connection)
    for some in _names(connection):
        if jobs:
            yield Pruned(seen=0, of=of, removed=0)
        jobs += some
    for done in range(0, len(jobs), JOBS):
        some = jobs[done : done + JOBS]
        seen = of * min(done + JOBS, len(jobs)) // len(jobs)
        yield from _runs(connection, _values(some, keep, now), seen, of)
    yield from sweep(connection, keep.usual, now, lambda: None)
    yield from partition.see_to(connection, now, keep.output)


def prunable(connection: Connection, keep: Retention, now: datetime) -> int:
    """How many runs would be removed."""
    count = 0
    for names in _names(connection):
        with connection.reading() as session:
            found = session.rows(sql.COUNT, _values(names, keep, now) | {"most": ALL})
        count += int(found[0][0])
    return count


def _extent(connection: Connection) -> int:
    with connection.reading() as session:
        first, last = session.rows(EXTENT)[0]
    return int(last - first + 1)


def _names(connection: Connection) -> Iterator[list[str]]:
    after = ""
    while True:
        with connection.reading() as session:
            found = session.rows(sql.JOBS_THAT_RAN, {"after": after, "count": NAMES})
        if not found:
            return
        yield [job for (job,) in found]
        after = found[-1][0]


def _values(jobs: Sequence[str], keep: Retention, now: datetime) -> dict[str, Any]:
    kept = [keep.of(job) for job in jobs]
    return {
        "jobs": [*jobs],
        "counts": [each.runs for each in kept],
        "befores": [row.micros(now - each.age) for each in kept],
        "failures_befores": [row.micros(now - 2 * each.age) for each in kept],
    }


def _runs(connection: Connection, values: dict[str, Any], seen: int, of: int) -> Iterator[Pruned]:
    removed = MOST
    while removed == MOST:
        with connection.writing() as session:
            session.guard(PRUNING)
            found = session.rows(sql.REMOVE, values | {"most": MOST})
        removed = len({number for number, _, _ in found})
        outputs = {output for _, *both in found for output in both if output}
        yield Pruned(seen=seen, of=of, removed=removed, outputs=tuple(sorted(outputs)))

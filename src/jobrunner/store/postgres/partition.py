"""The months of what attempts have written: made ahead, and let go as a whole.

To drop a month costs milliseconds and gives its room back at once; the same rows deleted one by one
leave their room behind, and work for the server.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec import Struct

from jobrunner.errors import StoreAwayError, StoreBusyError
from jobrunner.store import row
from jobrunner.store.postgres.sql import partition as sql
from jobrunner.store.session import Connection, Session
from jobrunner.store.value import Pruned

NAME = re.compile(r"pieces_(\d{4})_(\d{2})")
MONTHS = "months"
AHEAD = 2  # months beside this one
TRIES = 50  # for a moment in which nobody uses a month
COUNT = 500
NOTHING = Pruned(seen=0, of=0, removed=0)


class Month(Struct, frozen=True, order=True):
    """A month in UTC, and the table of what was written in it."""

    first: datetime

    @property
    def name(self) -> str:
        return f"pieces_{self.first:%Y_%m}"

    @property
    def end(self) -> datetime:
        """When the next one begins."""
        return (self.first + timedelta(days=31)).replace(day=1)


def see_to(connection: Connection, now: datetime, keep: timedelta) -> Iterator[Pruned]:
    """Have this month and the next ones, and none that is older in all its parts than is kept.

    What cannot be had in a moment is left for the next time.
    """
    with connection.reading() as session:
        there = _months(session)
    for month in months(now, AHEAD + 1):
        if month not in there:
            yield from _soon(connection, partial(_make, month=month))
    for month in sorted(there):
        if month.end <= now - keep:
            yield from _soon(connection, partial(_drop, month=month))
    yield from _sweep(connection, now - keep)


def months(now: datetime, count: int) -> list[Month]:
    """So many months, from that of an instant on."""
    found = [Month(now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0))]
    while len(found) < count:
        found.append(Month(found[-1].end))
    return found


def _months(session: Session) -> set[Month]:
    matched = (NAME.fullmatch(name) for (name,) in session.rows(sql.MONTHS))
    return {Month(datetime(int(m[1]), int(m[2]), 1, tzinfo=UTC)) for m in matched if m}


def _soon(connection: Connection, change: Callable[[Session], None]) -> Iterator[Pruned]:
    """Make a change for which nobody else may use the table just then."""
    for _ in range(TRIES):
        try:
            with connection.writing() as session:
                session.guard(MONTHS)
                session.change(sql.BRIEFLY)
                change(session)
        except StoreAwayError:
            raise
        except StoreBusyError:
            yield NOTHING
        else:
            return


def _make(session: Session, month: Month) -> None:
    if month in _months(session):  # another host was faster
        return
    bounds = {"first": row.micros(month.first), "end": row.micros(month.end)}
    session.change(sql.MAKE.format(name=month.name))
    session.change(sql.FILL.format(name=month.name), bounds)
    session.change(sql.ATTACH.format(name=month.name, **bounds))


def _drop(session: Session, month: Month) -> None:
    session.change(sql.DROP.format(name=month.name))


def _sweep(connection: Connection, before: datetime) -> Iterator[Pruned]:
    """What was written while nobody made months."""
    removed = COUNT
    while removed == COUNT:
        with connection.writing() as session:
            removed = session.change(sql.SWEEP, {"before": row.micros(before), "count": COUNT})
        if removed:
            yield NOTHING

"""The ledger as a tick meets it that finds nothing to do: one connection, one transaction.

Imports the half of sqlite3 that is written in C: the other one, with dates and converters, costs
a sixth of what a bare Python does, and every minute on every host.
"""

import _sqlite3
import os

from jobrunner.errors import StoreError
from jobrunner.store.sql.claim import NEXT_ATTEMPT, NEXT_LETTER, NEXT_REQUEST, NEXT_SLOT
from jobrunner.store.sql.upkeep import BEGIN_TICKS, CONTINUE_TICKS, LAST_TICK

PATIENCE = 2.0
# So far ahead of now, a tick was noted by a clock that was wrong.
SMALL_STEP = 3_600_000_000  # microseconds
SETTINGS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)
Values = dict[str, str | int]
QUOTED = {"%": "%25", "?": "%3f", "#": "%23"}


def glance(
    path: str, *, host: str, now: int, longest: int, application: int, schema: int
) -> int | None:
    """Note a tick, and tell when there is something to do next: instants in microseconds.

    None if nothing is to come; an open request was due when it was asked.  StoreError if the file
    is not a ledger of this kind, cannot be had within two seconds, or was written to by a clock
    that was far ahead: nobody knows then what is due.
    """
    with _Opened(path) as database:
        found = _kind(database)
        if found != (application, schema):
            raise StoreError(f"{path}: not a ledger of this version: {found}")
        values: Values = {"host": host, "now": now, "earliest": now - longest}
        _prepare(database)
        if _was_ahead(database, values):
            raise StoreError(f"{path}: was written to by a clock that was ahead")
        return _look(database, values)


def kind(path: str) -> tuple[int, int]:
    """The application whose file it is, and the number of its schema."""
    with _Opened(path) as database:
        return _kind(database)


class _Opened:
    """A connection for the length of a block; what goes wrong in it is a StoreError."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> _sqlite3.Connection:
        # A ledger has none; SQLite would remove what it names (see place.py).
        if os.path.lexists(f"{self._path}-journal"):
            raise StoreError(f"{self._path}-journal: a ledger has no such file")
        address = "".join(QUOTED.get(letter, letter) for letter in self._path)
        try:
            self._database = _sqlite3.connect(
                f"file:{address}?mode=rw", uri=True, isolation_level=None, timeout=PATIENCE
            )
        except _sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from error
        return self._database

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        self._database.close()
        if isinstance(error, _sqlite3.Error):
            raise StoreError(f"{self._path}: {error}") from error


def _kind(database: _sqlite3.Connection) -> tuple[int, int]:
    application: int = database.execute("PRAGMA application_id").fetchone()[0]
    schema: int = database.execute("PRAGMA user_version").fetchone()[0]
    return application, schema


def _prepare(database: _sqlite3.Connection) -> None:
    for setting in SETTINGS:
        database.execute(setting)
    database.execute("BEGIN IMMEDIATE")


def _was_ahead(database: _sqlite3.Connection, values: Values) -> bool:
    """Whether the tick before this is still to come, by the clock as it is now."""
    found = database.execute(LAST_TICK, values).fetchone()
    return found is not None and found[0] - SMALL_STEP > values["now"]


def _look(database: _sqlite3.Connection, values: Values) -> int | None:
    if not database.execute(CONTINUE_TICKS, values).rowcount:
        database.execute(BEGIN_TICKS, values)
    statements = (NEXT_SLOT, NEXT_ATTEMPT, NEXT_REQUEST, NEXT_LETTER)
    found = [database.execute(statement).fetchone()[0] for statement in statements]
    database.execute("COMMIT")
    return min((at for at in found if at is not None), default=None)

"""The names in a ledger, for who presses Tab: read and never written, without any wait.

Imports the half of sqlite3 that is written in C, as `glance` does.
"""

import _sqlite3

from jobrunner.errors import StoreError
from jobrunner.store.sqlite.glance import QUOTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATIENCE = 0.1  # seconds
JOBS = "SELECT DISTINCT job FROM marks ORDER BY job"
RUNS = "SELECT id, job, state FROM runs WHERE attempts > 0 ORDER BY id DESC LIMIT ?"


def jobs(path: str) -> list[str]:
    """The jobs that a tick has looked at."""
    return [name for (name,) in _rows(path, JOBS)]


def runs(path: str, most: int) -> list[tuple[int, str, str]]:
    """Number, job and state of the runs that began last."""
    return _rows(path, RUNS, most)


def _rows(path: str, statement: str, *values: int) -> "list[Any]":
    address = "".join(QUOTED.get(letter, letter) for letter in path)
    try:
        database = _sqlite3.connect(f"file:{address}?mode=ro", uri=True, timeout=PATIENCE)
        try:
            database.execute("PRAGMA trusted_schema = OFF")
            return database.execute(statement, values).fetchall()
        finally:
            database.close()
    except _sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error

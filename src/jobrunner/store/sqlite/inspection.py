"""A look at the ledger's file that changes nothing, waits for nobody, and can be followed."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from jobrunner.errors import StoreDamagedError
from jobrunner.store.sqlite.backup import problems_of
from jobrunner.store.sqlite.connection import APPLICATION, require, versions
from jobrunner.store.sqlite.fault import explained
from jobrunner.store.sqlite.place import Place, beside

PATIENCE = 1.0  # seconds
STEP = 100_000  # of SQLite's own instructions: some milliseconds


class Inspected(Struct, frozen=True, kw_only=True):
    """What was found; `problems` are what is wrong with what the file holds."""

    sqlite: str
    journal: str
    bytes: int
    log_bytes: int
    problems: tuple[str, ...]


def inspect(path: Path, *, full: bool, on_step: Callable[[], None] = lambda: None) -> Inspected:
    """Read it through; `full` reads its indexes too.

    Raises what keeps it from being read: no file, no rights, another program's lock, another
    version's schema.
    """
    place = Place(path)
    place.examine()
    with explained(place), closing(_opened(path)) as database:
        application, schema = versions(database)
        if application != APPLICATION:
            raise StoreDamagedError(f"{path}: not a ledger of jobrunner")
        require(path, schema)
        database.set_progress_handler(on_step, STEP)
        problems = problems_of(database, full=full)
        database.set_progress_handler(None, 0)
        journal = database.execute("PRAGMA journal_mode").fetchone()[0]
    return Inspected(
        sqlite=sqlite3.sqlite_version,
        journal=journal,
        bytes=path.stat().st_size,
        log_bytes=_size(beside(path, "-wal")),
        problems=tuple(problems),
    )


def _opened(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    database = sqlite3.connect(address, uri=True, isolation_level=None, timeout=PATIENCE)
    for setting in ("trusted_schema = OFF", "mmap_size = 0", "cell_size_check = ON"):
        database.execute(f"PRAGMA {setting}").fetchall()
    return database


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

"""A copy of the ledger while it is in use: whole and proved, or not there at all."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, count
from pathlib import Path

from jobrunner.errors import StoreDamagedError
from jobrunner.store.sqlite import family, identity
from jobrunner.store.sqlite.connection import connect
from jobrunner.store.sqlite.fault import explained, refusal
from jobrunner.store.sqlite.place import Place, beside

BACKUP_MODE = 0o600
PAGES = 2048  # of a step
OnStep = Callable[[int, int], None]


def unseen(done: int, of: int) -> None:
    """Nobody looks."""


def free_name(path: Path, ending: str) -> Path:
    """A name beside the ledger that nothing has yet."""
    names = (beside(path, ending + more) for more in chain([""], map("-{}".format, count(1))))
    return next(name for name in names if not os.path.lexists(name))


def copy(database: sqlite3.Connection, path: Path, on_step: OnStep = unseen) -> None:
    """Copy a database to `path`, replacing a file of that name when the copy has been proved.

    `on_step` is told how many of how many pages are copied.
    """
    temporary = beside(path, f".{os.getpid()}.part")
    try:
        with explained(Place(temporary)), removed(temporary):
            _fill(temporary, database, on_step)
            if problems := _settle(temporary):
                raise StoreDamagedError(
                    f"{path}: the copy is damaged, as the ledger must be: {problems[0]}"
                )
            temporary.replace(path)
        identity.sync_folder(path.parent)
    except OSError as error:
        raise refusal(error, path) from error


@contextmanager
def removed(path: Path) -> Iterator[None]:
    """Leave no file of this name behind, nor find one."""
    family.remove(path)
    try:
        yield
    finally:
        family.remove(path)


def _fill(temporary: Path, database: sqlite3.Connection, on_step: OnStep) -> None:
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, BACKUP_MODE)
    try:
        os.fchmod(handle, BACKUP_MODE)
    finally:
        os.close(handle)
    with closing(connect(temporary)) as target, _held_still(database):
        database.backup(
            target, pages=PAGES, progress=lambda _, left, of: on_step(max(0, of - left), of)
        )


@contextmanager
def _held_still(database: sqlite3.Connection) -> Iterator[None]:
    """Read one state of it all along: else SQLite begins anew whenever somebody writes."""
    database.execute("BEGIN")
    try:
        database.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        yield
    finally:
        database.execute("ROLLBACK")


def _settle(temporary: Path) -> list[str]:
    """Make one file of it, look whether it is sound, and bring it to the disk."""
    with closing(connect(temporary)) as target:
        target.execute("PRAGMA journal_mode = DELETE").fetchall()
        problems = problems_of(target, full=True)
    handle = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return problems


def problems_of(database: sqlite3.Connection, *, full: bool) -> list[str]:
    """What SQLite finds wrong with a database; the full search reads its indexes too."""
    check = "PRAGMA integrity_check" if full else "PRAGMA quick_check"
    found = [said for (said,) in database.execute(check).fetchall()]
    loose = database.execute("PRAGMA foreign_key_check").fetchall()
    return [said for said in found if said != "ok"] + [
        f"row {row} of {table} belongs to no row of {parent}" for table, row, parent, _ in loose
    ]

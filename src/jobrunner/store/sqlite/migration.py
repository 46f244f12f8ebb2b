"""Making a ledger, and bringing an older one up to date: a step and its number, or neither.

sqlite-utils keeps the record of the steps and puts each in one transaction with it.  Only who
migrates imports this module, because sqlite-utils is slow to import.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlite_utils import Database, Migrations

from jobrunner.errors import StoreBusyError, StoreDamagedError
from jobrunner.store.sqlite import identity
from jobrunner.store.sqlite.backup import copy, free_name
from jobrunner.store.sqlite.connection import (
    APPLICATION,
    SCHEMA,
    configure,
    connect,
    instance_of,
    refuse_newer,
    refuse_shared_folder,
    versions,
)
from jobrunner.store.sqlite.fault import explained
from jobrunner.store.sqlite.place import FILE_MODE, FOLDER_MODE, Place, beside
from jobrunner.store.step import steps

PATIENCE = 60.0
# The folders above: whoever may write there can put another ledger in the place of this one.
ABOVE_MODE = 0o755


def migrate(path: Path, *, anywhere: bool = False, up_to: int = SCHEMA) -> list[str]:
    """Make the ledger or bring it up to date; the names of the steps that were needed.

    An older ledger is copied first, to a name that says its schema.
    """
    if not anywhere:
        refuse_shared_folder(path)
    place = Place(path)
    with explained(place):
        make_folder(path.parent)
    with explained(place), guarded(path):
        if not os.path.lexists(path) and not os.path.lexists(place.identity):
            return _create(place, identity.new(), up_to)
        place.examine()
        return _upgrade(place, up_to)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Keep other migrations and recoveries out; by a lock of the kernel's, or not at all."""
    lock = FileLock(
        beside(path, ".migrate"), timeout=PATIENCE, mode=FILE_MODE, fallback_to_soft=False
    )
    try:
        lock.acquire()
    except Timeout as error:
        raise StoreBusyError(f"{path}: is being migrated by somebody else") from error
    try:
        yield
    finally:
        lock.release()


def make_folder(folder: Path) -> None:
    """Make the ledger's folder and those above it with modes of their own, whatever the umask.

    Folders that are there are left as they are.
    """
    missing = [each for each in folder.absolute().parents if not each.exists()]
    for each in reversed(missing):
        _make_folder(each, ABOVE_MODE)
    _make_folder(folder, FOLDER_MODE)


def _make_folder(folder: Path, mode: int) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(mode)


def make_file(path: Path, mode: int = FILE_MODE) -> None:
    """An empty file with exactly this mode, where there was none."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        os.fchmod(handle, mode)
    finally:
        os.close(handle)


def create(path: Path, instance: str, up_to: int = SCHEMA) -> list[str]:
    """A new, complete ledger in a file that is not yet there."""
    make_file(path)
    with closing(connect(path)) as database:
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        configure(database)
        done = _apply(database, up_to)
        database.execute("INSERT INTO about (name, value) VALUES ('instance', ?)", (instance,))
    return done


def _create(place: Place, instance: str, up_to: int) -> list[str]:
    """Make it under another name, so that half of one is never found under its own."""
    temporary = beside(place.path, ".new")
    for ending in ("", "-wal", "-shm"):
        beside(temporary, ending).unlink(missing_ok=True)
    done = create(temporary, instance, up_to)
    temporary.rename(place.path)
    identity.write(place.identity, instance)
    return done


def _upgrade(place: Place, up_to: int) -> list[str]:
    with closing(connect(place.path)) as database:
        application, schema = versions(database)
        if application != APPLICATION:
            raise StoreDamagedError(f"{place.path}: not a ledger of jobrunner")
        refuse_newer(place.path, schema)
        identity.agree(place.identity, instance_of(database))
        if schema >= up_to:
            return []
        configure(database)
        copy(database, free_name(place.path, f".schema-{schema}"))
        return _apply(database, up_to)


def _apply(database: sqlite3.Connection, up_to: int) -> list[str]:
    """Apply the steps that are missing, each in one transaction with its number."""
    known = Migrations("jobrunner")
    for number, (name, text) in enumerate(steps()[:up_to], start=1):
        known(name=name)(_step(number, text))
    tables = Database(database)
    missing = [step.name for step in known.pending(tables)]
    known.apply(tables)
    return missing


def _step(number: int, text: str) -> Callable[[Database], None]:
    def step(tables: Database) -> None:
        for statement in statements(text):
            tables.conn.execute(statement)
        tables.conn.execute(f"PRAGMA user_version = {number}")

    return step


def statements(text: str) -> Iterator[str]:
    """Each statement of a file; `executescript` would commit before and after."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement

"""One connection to the file: its settings, its transactions, and the refusals that guard both."""

import fcntl
import os
import sqlite3
from _thread import RLock
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jobrunner.errors import StoreDamagedError, StoreError, StoreSchemaError
from jobrunner.store.sqlite import identity
from jobrunner.store.sqlite.fault import explained, refusal
from jobrunner.store.sqlite.place import (
    FILE_MODE,
    Place,
    beside,
    refuse_journal,
    refuse_shared,
)

# "jobr", by which `file` and we know the database for a ledger.
APPLICATION = 0x6A6F6272
# The number of the last file in migrations/.
SCHEMA = 7
# Milliseconds until a lock that somebody else holds is called busy.
PATIENCE = 10_000
MOMENT = 20
# Each statement that answers with what it changed (RETURNING) needs some hundred kilobytes for a
# moment.  glibc gives them back to the system and asks for them again at the next, which takes ten
# times as long as the statement, until it has seen a block of this size let go.
SPARE = 1 << 20
# NORMAL loses acknowledged commits in a power cut; checkpoints are made by one process, under a
# lock, because of SQLite's WAL-reset bug (before 3.51.3); root reads a file that others may write.
SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA mmap_size = 0",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA foreign_keys = ON",
)


class SqliteSession:
    """One transaction, while it lasts."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def rows(self, statement: str, values: Mapping[str, Any] = {}, /) -> list[tuple[Any, ...]]:
        return self._database.execute(statement, values).fetchall()

    def change(self, statement: str, values: Mapping[str, Any] = {}, /) -> int:
        return self._database.execute(statement, values).rowcount

    def rows_of_each(
        self, statement: str, many: Iterable[Mapping[str, Any]], /
    ) -> list[list[tuple[Any, ...]]]:
        return [self.rows(statement, values) for values in many]

    def change_each(self, statement: str, many: Iterable[Mapping[str, Any]], /) -> list[int]:
        return [self.change(statement, values) for values in many]

    def guard(self, *keys: str) -> None:
        """Who writes has the whole file to themselves."""


class SqliteConnection:
    """A ledger that is open in this process, and in no other: not in a fork of it either."""

    def __init__(self, path: Path) -> None:
        self.place = Place(path)
        self.place.examine()
        self._process = os.getpid()
        self._turn = RLock()
        with explained(self.place):
            self.database = connect(path)
        with ExitStack() as unless_proved:
            unless_proved.callback(self.database.close)
            self._prove()
            unless_proved.pop_all()

    def _prove(self) -> None:
        """Read what a ledger has to hold: a damaged file fails here, and so does another's."""
        with explained(self.place):
            application, schema = versions(self.database)
            if application != APPLICATION:
                raise StoreDamagedError(f"{self.place.path}: not a ledger of jobrunner")
            require(self.place.path, schema)
            configure(self.database)
            instance = instance_of(self.database)
            self.place.note_log()
        identity.agree(self.place.identity, instance)
        self.place.check()

    @contextmanager
    def reading(self) -> Iterator[SqliteSession]:
        with self.usable(), self._whole() as session:
            self.database.execute("BEGIN")
            yield session

    @contextmanager
    def writing(self) -> Iterator[SqliteSession]:
        with self.usable():
            if self.database.in_transaction:
                yield SqliteSession(self.database)
                return
            with self._whole() as session:
                self.database.execute("BEGIN IMMEDIATE")
                yield session
        # What was committed to a file that was unlinked meanwhile is in nobody's ledger.
        self.place.check()

    @contextmanager
    def writing_soon(self, key: str = "") -> Iterator[SqliteSession | None]:  # noqa: ARG002
        with self.usable(), self._whole() as session:
            yield session if self._begin_soon() else None
        self.place.check()

    @contextmanager
    def _whole(self) -> Iterator[SqliteSession]:
        """Keep what was done if the block ends, undo it if it fails, wherever it is interrupted."""
        try:
            yield SqliteSession(self.database)
            if self.database.in_transaction:
                self.database.execute("COMMIT")
        finally:
            # Some errors, such as a full disk, have rolled back already.
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")

    def _begin_soon(self) -> bool:
        self.database.execute(f"PRAGMA busy_timeout = {MOMENT}").fetchall()
        try:
            self.database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        finally:
            self.database.execute(f"PRAGMA busy_timeout = {PATIENCE}").fetchall()
        return True

    @contextmanager
    def usable(self) -> Iterator[None]:
        """The database as it was opened, in the process that opened it, for one thread at a time.

        Two would find themselves in one transaction.
        """
        self._refuse_fork()
        if not self._turn.acquire(blocking=False):
            raise StoreError(f"{self.place.path}: another thread is using this connection")
        try:
            self.place.check()
            with explained(self.place):
                yield
        finally:
            self._turn.release()

    def checkpoint(self) -> bool:
        with self.usable(), alone(beside(self.place.path, ".checkpoint")) as is_alone:
            if not is_alone:
                return False
            blocked, _, _ = self.database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return not blocked

    def close(self) -> None:
        self._refuse_fork()
        with explained(self.place):
            self.database.close()

    def _refuse_fork(self) -> None:
        if os.getpid() != self._process:
            raise StoreError(
                f"{self.place.path}: was opened by process {self._process}; a fork of it that uses"
                " the same connection would corrupt the ledger"
            )


def open_here(path: Path, *, anywhere: bool = False) -> SqliteConnection:
    """Open a ledger that is there and of this version; `anywhere` lets it lie on a shared disk."""
    if not anywhere:
        refuse_shared_folder(path)
    with explained(Place(path)):
        return SqliteConnection(path)


def refuse_shared_folder(path: Path) -> None:
    """Look where the ledger lies, or would: its folder may not be there yet."""
    with explained(Place(path)):
        folder = next(each for each in path.absolute().parents if each.exists())
        device = folder.stat().st_dev
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace")
    refuse_shared(path, device, mounts)


def connect(path: Path) -> sqlite3.Connection:
    """SQLite's connection to a file that is there: none is made by opening it."""
    refuse_journal(path)
    bytes(SPARE)
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    # A request of the page is answered by several threads, one after the other.
    return sqlite3.connect(
        address,
        uri=True,
        isolation_level=None,
        timeout=PATIENCE / 1000,
        check_same_thread=False,
    )


def configure(database: sqlite3.Connection) -> None:
    for setting in SETTINGS:
        database.execute(setting).fetchall()


def versions(database: sqlite3.Connection) -> tuple[int, int]:
    """Whose file it is, and of which schema."""
    application = database.execute("PRAGMA application_id").fetchone()[0]
    return application, database.execute("PRAGMA user_version").fetchone()[0]


def require(path: Path, schema: int) -> None:
    """Raise unless the schema is the one that this code knows."""
    refuse_newer(path, schema)
    if schema < SCHEMA:
        raise StoreSchemaError(
            f"{path}: made by an older jobrunner (schema {schema}; this one knows {SCHEMA});"
            " `jobrunner db migrate` brings it up to date"
        )


def refuse_newer(path: Path, schema: int) -> None:
    if schema > SCHEMA:
        raise StoreSchemaError(
            f"{path}: made by a newer jobrunner (schema {schema}; this one knows {SCHEMA})"
        )


def instance_of(database: sqlite3.Connection) -> str:
    found = database.execute("SELECT value FROM about WHERE name = 'instance'").fetchone()
    if found is None:
        raise StoreDamagedError("the ledger does not say which one it is")
    instance: str = found[0]
    return instance


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether this process alone has the lock file, for as long as the block lasts."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise refusal(error, path) from error
    with closing(os.fdopen(handle, "rb")):
        if os.fstat(handle).st_uid == os.geteuid():
            os.fchmod(handle, FILE_MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True

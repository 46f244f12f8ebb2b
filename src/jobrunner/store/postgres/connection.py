"""One connection to the server: its transactions, and the refusals that guard both."""

import os
import re
from _thread import RLock
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from jobrunner.clock import Clock, SystemClock
from jobrunner.digest import blake2b
from jobrunner.errors import StoreAbsentError, StoreBusyError, StoreDamagedError, StoreError
from jobrunner.store.postgres.fault import explained
from jobrunner.store.postgres.line import Database, Line
from jobrunner.store.postgres.proof import INSTANCE, prove
from jobrunner.store.postgres.target import Target
from jobrunner.store.session import Session

PARAMETER = re.compile(r"(?<!:):([a-z_]+[0-9]*)")
GUARD = """
SELECT pg_advisory_xact_lock(key) FROM unnest(%(keys)s::bigint[]) WITH ORDINALITY AS wanted (key, n)
"""
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
WRITE = "BEGIN"


@lru_cache(maxsize=1000)
def spelled(statement: str) -> str:
    """A statement in the driver's spelling of parameters; one that has it already is left alone."""
    if "%(" in statement:
        return statement
    return PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))


def number_of(key: str) -> int:
    """What a thing is called among the server's locks."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


class PostgresSession:
    """One transaction, while it lasts."""

    def __init__(self, database: Database) -> None:
        self._cursor = database.cursor()

    def rows(self, statement: str, values: Mapping[str, Any] = {}, /) -> list[tuple[Any, ...]]:
        self._cursor.execute(spelled(statement), values)
        return self._cursor.fetchall() if self._cursor.description else []

    def change(self, statement: str, values: Mapping[str, Any] = {}, /) -> int:
        self._cursor.execute(spelled(statement), values)
        return self._cursor.rowcount

    def rows_of_each(
        self, statement: str, many: Iterable[Mapping[str, Any]], /
    ) -> list[list[tuple[Any, ...]]]:
        return [
            self._cursor.fetchall() if self._cursor.description else []
            for _ in self._each(statement, many)
        ]

    def change_each(self, statement: str, many: Iterable[Mapping[str, Any]], /) -> list[int]:
        return [self._cursor.rowcount for _ in self._each(statement, many)]

    def _each(self, statement: str, many: Iterable[Mapping[str, Any]]) -> Iterator[None]:
        """All are sent before any is answered: it takes as long as one, by the way of the line."""
        values = [*many]
        if len(values) > 1:
            self._cursor.executemany(spelled(statement), values, returning=True)
        elif values:
            self._cursor.execute(spelled(statement), values[0])
        else:
            return
        yield
        while self._cursor.nextset():
            yield

    def guard(self, *keys: str) -> None:
        self._cursor.execute(GUARD, {"keys": sorted(map(number_of, {*keys}))})


class PostgresConnection:
    """A ledger that is open in this process, and in no other: not in a fork of it either.

    It is reached again, by its next use, when the server or the way to it was gone.
    """

    def __init__(self, target: Target, clock: Clock | None = None) -> None:
        self.target = target
        self._process = os.getpid()
        self._turn = RLock()
        self._line = Line(target, clock or SystemClock())
        self._database: Database | None = None
        self._session: PostgresSession | None = None
        self._is_doomed = False
        self._channels: tuple[str, ...] = ()
        self._missed: tuple[str, ...] = ()
        self.instance = ""
        with explained(target.name):
            self._reach()

    @contextmanager
    def reading(self) -> Iterator[PostgresSession]:
        with self._usable(), self._whole(READ) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[PostgresSession]:
        with self._usable(), self._whole(WRITE) as session:
            yield session

    @contextmanager
    def writing_soon(self, key: str = "") -> Iterator[PostgresSession | None]:
        """Several write at once here: nobody waits, but for who has the same in mind."""
        with self.writing() as session:
            if key:
                session.guard(key)
            yield session

    @contextmanager
    def locked(self, keys: Collection[str]) -> Iterator[PostgresSession]:
        """A transaction that has all of these things to itself."""
        with self.writing() as session:
            if keys:
                session.guard(*keys)
            yield session

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """The connection for one thread at a time: two would find themselves in one transaction."""
        self._refuse_fork()
        if not self._turn.acquire(blocking=False):
            raise StoreError(f"{self.target.name}: another thread is using this connection")
        try:
            with explained(self.target.name):
                yield
        except StoreDamagedError:
            self._doubt()
            raise
        finally:
            self._turn.release()

    def _doubt(self) -> None:
        """Have it proved anew, by the next use, that this is the ledger."""
        if self._database is not None:
            self._database.close()
            self._database = None

    @contextmanager
    def _whole(self, begin: LiteralString) -> Iterator[PostgresSession]:
        """Keep what was done if the block ends, undo it if it fails, wherever it is interrupted."""
        if self._session is not None:
            with self._part():
                yield self._session
            return
        database = self._begun(begin)
        try:
            self._session, self._is_doomed = PostgresSession(database), False
            yield self._session
            self._refuse_doomed()
            database.execute("COMMIT")
        finally:
            self._session = None
            self._leave(database)

    @contextmanager
    def _part(self) -> Iterator[None]:
        """What is done within another transaction: when it fails, all of that has failed."""
        try:
            yield
        except BaseException:
            self._is_doomed = True
            raise

    def _refuse_doomed(self) -> None:
        if self._is_doomed:
            raise StoreBusyError(f"{self.target.name}: a part of the change failed")

    def _begun(self, begin: LiteralString) -> Database:
        """A transaction on a connection that lives: nothing is lost yet if it was dead."""
        database, was_open = self._database or self._reach(), self._database is not None
        try:
            database.execute(begin)
        except psycopg.OperationalError:
            self._leave(database)
            if not was_open or self._database is not None:
                raise
            database = self._reach()
            database.execute(begin)
        return database

    def _leave(self, database: Database) -> None:
        """Undo what was not kept; a connection that broke is let go of."""
        if not database.closed and database.info.transaction_status != TransactionStatus.IDLE:
            try:
                database.execute("ROLLBACK")
            except psycopg.Error:
                database.close()
        if database.closed:
            self._database = None

    def _reach(self) -> Database:
        """A new connection to the ledger that was opened, and to no other."""
        database = self._line.dialled()
        with _closing_unless_proved(database):
            self.instance = self._proved(database)
            _listen(database, self._channels)
        self._database, self._missed = database, self._channels
        return database

    def _proved(self, database: Database) -> str:
        try:
            instance = prove(database, self.target)
        except StoreAbsentError as error:
            if self.instance:
                raise StoreDamagedError(f"{self.target.name}: the ledger is gone") from error
            raise
        if instance != (self.instance or instance):
            raise StoreDamagedError(f"{self.target.name}: is another ledger than before")
        return instance

    def refuse_swapped(self, session: Session) -> None:
        """Raise if another ledger was put in the place of the one that was opened."""
        if session.rows(INSTANCE) != [(self.instance,)]:
            raise StoreDamagedError(f"{self.target.name}: is another ledger than before")

    def listen(self, channels: Collection[str]) -> None:
        """Be told what is said on these channels from now on, over every break of the line."""
        with self._usable():
            self._channels = tuple(channels)
            if self._database is None:
                self._reach()
            else:
                _listen(self._database, self._channels)

    def heard(self) -> list[tuple[str, str]]:
        """Channel and text of what was said meanwhile; nobody waits for it.

        After the line was broken every channel is told of: something may have been missed.
        """
        with self._usable():
            database = self._database or self._reach()
            try:
                told = [(each.channel, each.payload) for each in database.notifies(timeout=0)]
            finally:
                self._leave(database)
            missed, self._missed = self._missed, ()
        return [(channel, "") for channel in missed] + told

    @property
    def is_within(self) -> bool:
        """Whether a transaction is going on."""
        return self._session is not None

    def fileno(self) -> int:
        """What becomes readable when something is said; -1 while the line is broken."""
        return -1 if self._database is None or self._database.closed else self._database.fileno()

    def checkpoint(self) -> bool:
        """The server's own doing."""
        return False

    def close(self) -> None:
        self._refuse_fork()
        self._line.hang_up()
        if self._database is not None:
            self._database.close()

    def _refuse_fork(self) -> None:
        if os.getpid() != self._process:
            raise StoreError(
                f"{self.target.name}: was opened by process {self._process}; a fork of it that"
                " uses the same connection would speak in its name"
            )


def _listen(database: Database, channels: Collection[str]) -> None:
    for channel in channels:
        database.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))


@contextmanager
def _closing_unless_proved(database: Database) -> Iterator[None]:
    with ExitStack() as unless_proved:
        unless_proved.callback(database.close)
        yield
        unless_proved.pop_all()

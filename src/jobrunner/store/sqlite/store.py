"""The ledger in a file of SQLite: the contract, and what only a file needs."""

from contextlib import suppress
from pathlib import Path

from jobrunner.errors import StoreDamagedError, StoreForbiddenError
from jobrunner.store.ledger import Ledger
from jobrunner.store.sqlite import backup
from jobrunner.store.sqlite.connection import SqliteConnection, open_here
from jobrunner.store.sqlite.place import beside


class SqliteStore(Ledger):
    """The ledger in one file."""

    def __init__(self, connection: SqliteConnection) -> None:
        super().__init__(connection)
        self._file = connection

    def backup(self, path: Path, on_step: backup.OnStep = backup.unseen) -> None:
        """Write a proved copy to `path`, readable by this user alone, while others go on writing.

        A file of that name is replaced only when the copy is complete.
        """
        if self._file.place.has(path):
            raise StoreForbiddenError(f"{path}: is the ledger's own; choose another name")
        with self._file.usable():
            backup.copy(self._file.database, path, on_step)

    def size(self) -> int:
        sizes = 0
        for path in (self._file.place.path, beside(self._file.place.path, "-wal")):
            with suppress(OSError):
                sizes += path.stat().st_size
        return sizes

    def check(self, *, full: bool = False) -> list[str]:
        """What is wrong with the file; nothing if it is sound.  A full check takes its time."""
        try:
            with self._file.usable():
                return backup.problems_of(self._file.database, full=full)
        except StoreDamagedError as error:
            return [str(error)]


def open_store(path: Path, *, anywhere: bool = False) -> SqliteStore:
    return SqliteStore(open_here(path, anywhere=anywhere))

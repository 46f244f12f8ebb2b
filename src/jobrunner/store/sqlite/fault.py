"""SQLite's errors in our words: later perhaps, an alarm, or not with these rights."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobrunner.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreForbiddenError,
)
from jobrunner.store.sqlite.place import Place

LATER = {
    sqlite3.SQLITE_BUSY: "somebody else has been writing to it for too long",
    sqlite3.SQLITE_LOCKED: "it is locked",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
    sqlite3.SQLITE_PROTOCOL: "its lock cannot be had",
    sqlite3.SQLITE_INTERRUPT: "it was interrupted",
}
ALARM = {
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is not a database",
    sqlite3.SQLITE_FORMAT: "it is not a database",
    sqlite3.SQLITE_READONLY_DBMOVED: "it was moved or replaced while in use",
    sqlite3.SQLITE_IOERR_CORRUPTFS: "its file system is damaged",
}
RIGHTS = {
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "it cannot be opened",
    sqlite3.SQLITE_AUTH: "it cannot be used",
}
PASSING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EINTR}
)


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Let nothing of the driver out: what SQLite raises becomes a StoreError of a kind."""
    try:
        yield
    except sqlite3.Error as error:
        place.check()
        raise kind_of(error, place) from error
    except OSError as error:
        raise refusal(error, place.path) from error
    except (OverflowError, UnicodeError) as error:
        raise StoreError(f"{place.path}: a value that the ledger cannot hold: {error}") from error


def refusal(error: OSError, path: Path) -> StoreError:
    """What the system did not let us do with a file: with these rights, or just now."""
    kind = StoreBusyError if error.errno in PASSING else StoreForbiddenError
    return kind(
        f"{path}: uid {os.geteuid()} cannot use {error.filename or path} ({error.strerror})"
    )


def kind_of(error: sqlite3.Error, place: Place) -> StoreError:
    """Which of our errors it is, by SQLite's extended code; the file's rights settle a doubt."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    primary = code & 0xFF
    if said := ALARM.get(code) or ALARM.get(primary):
        return StoreDamagedError(f"{place.path}: {said} ({error}); see `jobrunner db recover`")
    if primary == sqlite3.SQLITE_ERROR and str(error).startswith("no such "):
        return StoreDamagedError(f"{place.path}: a part of it is gone ({error})")
    if primary == sqlite3.SQLITE_CANTOPEN and place.is_ours():
        return StoreBusyError(f"{place.path}: cannot be opened just now: too many open files?")
    if said := RIGHTS.get(primary):
        return StoreForbiddenError(f"{place.path}: {said} by uid {os.geteuid()} ({error})")
    if said := LATER.get(primary):
        return StoreBusyError(f"{place.path}: {said} ({error})")
    return StoreError(f"{place.path}: {error}")

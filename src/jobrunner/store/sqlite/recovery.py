"""Saving what can be read of a damaged ledger into a new one; the damaged file is kept."""

import os
import shutil
import sqlite3
import stat
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from jobrunner.errors import StoreBusyError, StoreDamagedError, StoreForbiddenError
from jobrunner.store.sqlite import family, identity
from jobrunner.store.sqlite.backup import free_name, problems_of
from jobrunner.store.sqlite.connection import configure, connect
from jobrunner.store.sqlite.fault import explained
from jobrunner.store.sqlite.migration import create, guarded
from jobrunner.store.sqlite.place import Place, beside

FARTHEST = 2**63 - 1
# What a damaged header may say of a file's length and still be believed.
LONGEST = 2**40
# Ranges of one table that are tried one after the other without finding a row, each half of one
# that could not be read to its end.
TRIES = 300
# What cannot be read may have been runs: their numbers are not given again.
LEAP = 10_000
OFTEN = 1000  # rows between two words of how far it is
OnRows = Callable[[str, int], None]


class Recovered(Struct, frozen=True, kw_only=True):
    """Where the damaged file is now, the rows of each table that were saved, tables with losses."""

    kept: Path
    rows: Mapping[str, int]
    incomplete: tuple[str, ...]


def recover(path: Path, now: datetime, on_rows: OnRows) -> Recovered:
    """Put a new ledger with all that can be read in the place of a damaged one.

    If nothing can be read, or there is no file, nothing is changed: a ledger that starts over
    is made by who removes the old one, not by accident.  What is committed while it is being read
    would be lost: then all stays as it was, too.
    """
    place = Place(path)
    with explained(place), guarded(path):
        if not path.exists():
            raise StoreDamagedError(f"{path}: is not there; restore a backup to this path")
        fresh = beside(path, ".new")
        before = family.last_written(path)
        rows, incomplete = _save(path, fresh, on_rows)
        if not rows.get("runs") and not rows.get("marks"):
            family.remove(fresh)
            raise StoreDamagedError(
                f"{path}: nothing of it can be read. Restore a backup; or, to start over, move it"
                f" and {place.identity.name} away"
            )
        kept = free_name(path, f".damaged-{now:%Y%m%dT%H%M%SZ}")
        family.move(path, kept)
        # From here on nobody is told of a commit that goes to the file that was set aside.
        if family.last_written(kept) != before:
            family.move(kept, path)
            family.remove(fresh)
            raise StoreBusyError(f"{path}: somebody writes to it; stop what uses it and try again")
        fresh.rename(path)
        identity.sync_folder(path.parent)
    return Recovered(kept=kept, rows=rows, incomplete=incomplete)


def _save(path: Path, fresh: Path, on_rows: OnRows) -> tuple[dict[str, int], tuple[str, ...]]:
    """Fill the new file from a copy: reading a damaged file through SQLite may change it."""
    copy = beside(path, ".salvage")
    family.remove(fresh)
    family.remove(copy)
    create(fresh, identity.read(beside(path, ".id")) or identity.new())
    try:
        for ending in ("", "-wal"):
            if beside(path, ending).exists():
                _copy(beside(path, ending), beside(copy, ending))
        _pad(copy)
        with closing(connect(copy)) as source, closing(connect(fresh)) as target:
            return _fill(source, target, on_rows)
    finally:
        family.remove(copy)


def _copy(source: Path, target: Path) -> None:
    """Copy a file of the ledger's own; a link in its place may lead anywhere."""
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise StoreForbiddenError(f"{source}: not a regular file, or one with other names")
        fresh = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fresh, "wb") as copy:
            shutil.copyfileobj(file, copy)


def _pad(copy: Path) -> None:
    """Give a file that was cut its length back: SQLite reads nothing of one that is too short."""
    with copy.open("r+b") as file:
        header = file.read(32)
        length = int.from_bytes(header[16:18], "big") * int.from_bytes(header[28:32], "big")
        if header.startswith(b"SQLite format 3\0") and copy.stat().st_size < length <= LONGEST:
            file.truncate(length)


def _fill(
    source: sqlite3.Connection, target: sqlite3.Connection, on_rows: OnRows
) -> tuple[dict[str, int], tuple[str, ...]]:
    source.text_factory = lambda text: text.decode("utf-8", "replace")
    configure(target)
    saved, incomplete = {}, []
    target.execute("BEGIN IMMEDIATE")
    for table in _tables(target):
        reader = Reader(source, table, _shared_columns(source, target, table))
        rows = _counted(reader.rows(), table, on_rows)
        refused = sum(not _insert(target, table, row) for row in rows)
        saved[table] = target.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        if refused or not reader.is_whole:
            incomplete.append(table)
    _leap(source, target, is_whole="runs" not in incomplete)
    target.execute("COMMIT")
    if problems := problems_of(target, full=True):
        raise StoreDamagedError(f"the new ledger is damaged too: {problems[0]}")
    return saved, tuple(incomplete)


def _counted(
    rows: Iterator[dict[str, Any]], table: str, on_rows: OnRows
) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows):
        if not number % OFTEN:
            on_rows(table, number)
        yield row


class Reader:
    """The rows of one table, around what cannot be read."""

    def __init__(self, source: sqlite3.Connection, table: str, columns: list[str]) -> None:
        self._source = source
        self._table = table
        self._columns = ", ".join(columns)
        self.is_whole = True
        self._fruitless = 0

    def rows(self) -> Iterator[dict[str, Any]]:
        """From the front to the first damage, from the end to the last, then between in halves."""
        ranges = deque([(-1, FARTHEST)])
        while ranges and self._fruitless < TRIES:
            low, high = ranges.popleft()
            self._fruitless += 1
            reached = yield from self._scan(low, high, "ASC")
            if reached is None:
                continue
            self.is_whole = False
            low = reached
            reached = yield from self._scan(low, high, "DESC")
            high = high if reached is None else reached
            if high - low > 1:
                middle = (low + high) // 2
                ranges.appendleft((low, middle + 1))
                ranges.append((middle, high))

    def _scan(self, low: int, high: int, order: str) -> Generator[dict[str, Any], None, int | None]:
        """Rows between two numbers; the last one that was read before it failed, if it did."""
        reached = low if order == "ASC" else high
        try:
            found = self._source.execute(
                f"SELECT rowid AS rowid_, {self._columns} FROM {self._table} NOT INDEXED"  # noqa: S608
                f" WHERE rowid > ? AND rowid < ? ORDER BY rowid {order}",
                (low, high),
            )
            names = [column[0] for column in found.description[1:]]
            for number, *values in found:
                reached = number
                self._fruitless = 0
                yield dict(zip(names, values, strict=True))
        except sqlite3.Error:
            return reached
        return None


def _insert(target: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> bool:
    """Whether the new ledger takes the row; what its constraints refuse was damaged too."""
    marks = ", ".join(f":{name}" for name in row)
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
    try:
        target.execute(f"{statement} ON CONFLICT DO NOTHING", row)
    except sqlite3.IntegrityError:
        return False
    return True


def _leap(source: sqlite3.Connection, target: sqlite3.Connection, *, is_whole: bool) -> None:
    """Go on with numbers that were never given."""
    known = Reader(source, "sqlite_sequence", ["name", "seq"])
    for row in known.rows():
        target.execute("UPDATE sqlite_sequence SET seq = max(seq, :seq) WHERE name = :name", row)
    if not (is_whole and known.is_whole):
        target.execute("UPDATE sqlite_sequence SET seq = seq + ?", (LEAP,))


def _tables(database: sqlite3.Connection) -> list[str]:
    """Those that belong to others after those."""
    found = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlite%'"
        " AND name <> 'about' ORDER BY rowid"
    )
    return [name for (name,) in found.fetchall()]


def _shared_columns(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str
) -> list[str]:
    """An older ledger lacks some."""
    wanted = _columns(target, table)
    try:
        known = _columns(source, table)
    except sqlite3.Error:
        return wanted
    return [column for column in wanted if column in known] or wanted


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})").fetchall()]

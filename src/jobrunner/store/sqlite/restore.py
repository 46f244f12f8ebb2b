"""Putting a copy in the place of the ledger: proved first, and what was there is kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from jobrunner.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreForbiddenError,
)
from jobrunner.store.sqlite import family, identity
from jobrunner.store.sqlite.backup import free_name, problems_of
from jobrunner.store.sqlite.connection import (
    APPLICATION,
    connect,
    instance_of,
    refuse_newer,
    refuse_shared_folder,
    versions,
)
from jobrunner.store.sqlite.fault import explained
from jobrunner.store.sqlite.migration import guarded, make_file, make_folder
from jobrunner.store.sqlite.place import Place, beside


class Restored(Struct, frozen=True, kw_only=True):
    """Where the file is that was in the way, if one was, and how many runs the copy knows."""

    kept: Path | None
    runs: int


def restore(path: Path, source: Path, now: datetime, *, other: bool) -> Restored:
    """Put a proved copy of `source` in the ledger's place; `other`: of another ledger, too.

    If it is refused, nothing has changed.  What is committed meanwhile would be lost: then all
    stays as it was.
    """
    refuse_shared_folder(path)
    place = Place(path)
    if place.has(source):
        raise StoreForbiddenError(f"{source}: is the ledger itself; name the copy to put there")
    with explained(place):
        make_folder(path.parent)
    with explained(place), guarded(path):
        before = family.last_written(path)
        fresh = beside(path, ".new")
        try:
            instance, runs = _copied(source, fresh)
            _agree(place, source, instance, other=other)
            kept = _swap(path, fresh, before, now)
        finally:
            family.remove(fresh)
        identity.write(place.identity, instance)
    return Restored(kept=kept, runs=runs)


def _copied(source: Path, fresh: Path) -> tuple[str, int]:
    """Make the copy that is to be the ledger; which one it is, and how many runs are in it."""
    family.remove(fresh)
    make_file(fresh)
    with _proved(source) as database, closing(connect(fresh)) as target:
        database.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode = WAL").fetchall()
        runs: int = target.execute("SELECT count(*) FROM runs").fetchone()[0]
        return instance_of(target), runs


@contextmanager
def _proved(source: Path) -> Iterator[sqlite3.Connection]:
    """The copy, open to be read, if it is a ledger, sound, and none of a newer jobrunner."""
    if not source.is_file():
        raise StoreForbiddenError(
            f"{source}: there is no such file; `jobrunner db backup FILE` makes copies"
        )
    address = f"file:{quote(str(source.absolute()))}?mode=ro"
    with explained(Place(source)), closing(sqlite3.connect(address, uri=True)) as database:
        database.execute("PRAGMA trusted_schema = OFF").fetchall()
        application, schema = versions(database)
        if application != APPLICATION:
            raise StoreDamagedError(f"{source}: not a ledger of jobrunner")
        refuse_newer(source, schema)
        if problems := problems_of(database, full=True):
            raise StoreDamagedError(f"{source}: the copy is damaged: {problems[0]}")
        yield database


def _agree(place: Place, source: Path, instance: str, *, other: bool) -> None:
    noted = identity.read(place.identity)
    if noted not in {None, instance} and not other:
        raise StoreForbiddenError(
            f"{source}: is a copy of another ledger ({instance}) than the one here ({noted});"
            " --other puts it here all the same"
        )


def _swap(path: Path, fresh: Path, before: list[tuple[int, int]], now: datetime) -> Path | None:
    kept = free_name(path, f".before-{now:%Y%m%dT%H%M%SZ}") if path.exists() else None
    if kept:
        family.move(path, kept)
        # From here on nobody is told of a commit that goes to the file that was set aside.
        if family.last_written(kept) != before:
            family.move(kept, path)
            raise StoreBusyError(f"{path}: somebody writes to it; stop what uses it and try again")
    family.move(fresh, path)
    identity.sync_folder(path.parent)
    return kept

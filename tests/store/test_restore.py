"""A copy takes the ledger's place, or nothing changes."""

import sqlite3
from contextlib import closing

import pytest

from jobrunner.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreForbiddenError,
    StoreSchemaError,
)
from jobrunner.store import migrate_store, open_store, restore_store
from jobrunner.store.value import RunFilter
from tests.build import NOON
from tests.store.life import queue
from tests.store.test_recovery import Interrupting

EVERYTHING = RunFilter(limit=10_000)


@pytest.fixture
def copy(location, tmp_path):
    """Of a ledger with one run; another one was added since."""
    with closing(open_store(location)) as store:
        queue(store)
        store.backup(tmp_path / "copy.db")
        queue(store)
    return tmp_path / "copy.db"


def runs(path):
    with closing(open_store(path)) as store:
        assert store.check(full=True) == []
        return len(store.runs(EVERYTHING))


def edit(path, statement):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def test_a_copy_takes_the_place_of_the_ledger_which_is_kept(location, copy):
    restored = restore_store(location, copy, NOON)
    assert runs(location) == restored.runs == 1
    restored.kept.rename(location.with_name("old.db"))
    with closing(sqlite3.connect(location.with_name("old.db"))) as old:
        assert old.execute("SELECT count(*) FROM runs").fetchone() == (2,)


def test_a_copy_is_used_where_the_ledger_is_gone(location, copy):
    location.unlink()
    restored = restore_store(location, copy, NOON)
    assert (restored.kept, runs(location)) == (None, 1)


def test_a_copy_is_used_on_a_host_that_never_had_a_ledger(copy, tmp_path):
    fresh = tmp_path / "new" / "db" / "ledger.db"
    restore_store(fresh, copy, NOON)
    assert runs(fresh) == 1


def test_a_copy_takes_the_place_of_a_damaged_ledger(location, copy):
    location.write_bytes(b"no database at all" * 1000)
    restore_store(location, copy, NOON)
    assert runs(location) == 1


def test_a_copy_of_another_ledger_is_refused_unless_it_is_meant(location, tmp_path):
    other = tmp_path / "other" / "ledger.db"
    migrate_store(other)
    with closing(open_store(other)) as store:
        store.backup(tmp_path / "copy.db")
    with pytest.raises(StoreForbiddenError, match="--other"):
        restore_store(location, tmp_path / "copy.db", NOON)
    restore_store(location, tmp_path / "copy.db", NOON, other=True)
    assert runs(location) == 0


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda path: path.write_bytes(b"text " * 999), StoreDamagedError),
        (lambda path: path.write_bytes(path.read_bytes()[:20_000]), StoreDamagedError),
        (lambda path: edit(path, "PRAGMA user_version = 99"), StoreSchemaError),
        (lambda path: edit(path, "PRAGMA application_id = 7"), StoreDamagedError),
        (lambda path: path.unlink(), StoreForbiddenError),
        (lambda path: path.write_bytes(b""), StoreDamagedError),
    ],
    ids=["text", "cut", "newer", "not a ledger", "gone", "empty"],
)
def test_what_is_no_sound_copy_is_refused_and_nothing_changes(location, copy, spoil, error):
    spoil(copy)
    before = {path: path.read_bytes() for path in location.parent.iterdir()}
    with pytest.raises(error):
        restore_store(location, copy, NOON)
    assert {path: path.read_bytes() for path in before} == before
    assert runs(location) == 2


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal"])
def test_the_ledger_itself_is_no_copy(location, name):
    with pytest.raises(StoreForbiddenError, match="the ledger itself"):
        restore_store(location, location.with_name(name), NOON)


def test_a_ledger_that_is_written_to_meanwhile_stays(location, copy):
    now = Interrupting.fromisoformat(NOON.isoformat())
    expected = pytest.raises(StoreBusyError, match="somebody writes to it; stop what uses it")
    with closing(open_store(location)) as now.store, expected:
        restore_store(location, copy, now)
    assert runs(location) == 3

"""A ledger that is corrupt, gone or another one is an alarm: nothing starts over by itself."""

import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from jobrunner.errors import StoreDamagedError
from jobrunner.store import migrate_store, open_store
from tests.build import NOON
from tests.store.life import history, queue

PAGE = 4096


@pytest.fixture
def filled(location):
    """A ledger with a slot that ran, closed."""
    with closing(open_store(location)) as store:
        history(store, 200)
    return location


@pytest.fixture
def another(tmp_path):
    """Another ledger, as good as this one."""
    path = tmp_path / "other" / "ledger.db"
    migrate_store(path)
    return path


def overwrite(path, page, filling=b"\0"):
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(filling * PAGE)


def of_another_program(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE runs (id)")


def without_identity(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DELETE FROM about")


def without_tables(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DROP TABLE about")


CORRUPTIONS = {
    "empty": lambda path: os.truncate(path, 0),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE),
    "cut within a page": lambda path: os.truncate(path, 1000),
    "not a database": lambda path: path.write_text("once upon a time\n" * 1000),
    "first page zeroed": lambda path: overwrite(path, 0),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 1000),
    "of another program": of_another_program,
    "without identity": without_identity,
    "without a table": without_tables,
    "deleted": lambda path: path.unlink(),
}


@pytest.mark.parametrize("corrupt", CORRUPTIONS.values(), ids=CORRUPTIONS)
@pytest.mark.parametrize("use", [open_store, migrate_store])
def test_a_damaged_ledger_is_neither_opened_nor_made_anew(filled, corrupt, use):
    corrupt(filled)
    before = filled.read_bytes() if filled.exists() else None
    with pytest.raises(StoreDamagedError):
        use(filled)
    assert (filled.read_bytes() if filled.exists() else None) == before


@pytest.mark.parametrize("use", [open_store, migrate_store])
def test_another_ledger_in_its_place_is_refused(filled, another, use):
    shutil.copy(another, filled)
    with pytest.raises(StoreDamagedError, match="another ledger"):
        use(filled)


def test_a_damaged_page_within_is_found_by_the_check(filled):
    pages = filled.stat().st_size // PAGE
    with closing(open_store(filled)) as store:
        store.checkpoint()
    overwrite(filled, pages - 3)
    with closing(open_store(filled)) as store:
        assert store.check(full=True) != []


def test_a_healthy_ledger_has_nothing_to_complain_of(filled):
    with closing(open_store(filled)) as store:
        assert store.check() == store.check(full=True) == []


IN_USE = {
    "deleted": lambda path, _: path.unlink(),
    "moved away": lambda path, _: path.rename(path.with_name("away.db")),
    "replaced": lambda path, other: shutil.copy(other, path.with_name("x")).rename(path),
    "emptied": lambda path, _: os.truncate(path, 0),
    "its log deleted": lambda path, _: path.with_name(path.name + "-wal").unlink(),
}


@pytest.mark.parametrize("spoil", IN_USE.values(), ids=IN_USE)
@pytest.mark.parametrize("use", [lambda store: store.marks(), queue], ids=["read", "write"])
def test_a_ledger_that_goes_while_in_use_is_an_alarm_at_the_next_use(filled, another, spoil, use):
    with closing(open_store(filled)) as store:
        spoil(filled, another)
        with pytest.raises(StoreDamagedError):
            use(store)


def test_what_is_written_while_the_file_goes_is_not_acknowledged(filled):
    with closing(open_store(filled)) as store:
        definitions = VanishingMapping(filled)
        with pytest.raises(StoreDamagedError, match="vanished"):
            store.remember(definitions, NOON)


class VanishingMapping(dict):
    """Deletes the ledger in the middle of the transaction that reads it."""

    def __init__(self, path):
        super().__init__({"abc": "{}"})
        self._path = path

    def items(self):
        self._path.unlink()
        return super().items()


def test_a_state_that_nobody_knows_is_an_alarm(filled):
    with closing(sqlite3.connect(filled, isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("UPDATE runs SET state = 'unheard of'")
    with closing(open_store(filled)) as store, pytest.raises(StoreDamagedError, match="unheard of"):
        store.run(1)


def test_an_impossible_time_is_an_alarm(filled):
    with closing(sqlite3.connect(filled, isolation_level=None)) as database:
        database.execute("UPDATE runs SET created_at = 9223372036854775807")
    with closing(open_store(filled)) as store, pytest.raises(StoreDamagedError, match="impossible"):
        store.run(1)


def test_a_lost_side_file_is_made_again(filled):
    side = filled.with_name("ledger.db.id")
    before = side.read_text()
    side.unlink()
    open_store(filled).close()
    assert side.read_text() == before

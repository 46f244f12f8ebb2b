"""Making a ledger and bringing it up to date: whole steps, one migrator, a copy first."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from jobrunner.errors import StoreError, StoreSchemaError
from jobrunner.store import migrate_store, open_store
from jobrunner.store.sqlite.connection import SCHEMA
from jobrunner.store.sqlite.migration import migrate, statements
from jobrunner.store.step import steps


def ask(path, question):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(question).fetchall()


def test_a_ledger_is_made_in_numbered_steps(tmp_path):
    done = migrate_store(tmp_path / "ledger.db")
    assert done == [name for name, _ in steps()]
    assert [int(name[:4]) for name in done] == list(range(1, SCHEMA + 1))
    assert ask(tmp_path / "ledger.db", "PRAGMA user_version") == [(SCHEMA,)]


def test_a_ledger_that_is_up_to_date_is_left_alone(location):
    before = location.read_bytes()
    assert migrate_store(location) == []
    assert location.read_bytes() == before


def test_an_older_ledger_is_refused_until_it_is_brought_up_to_date(tmp_path):
    path = tmp_path / "ledger.db"
    migrate(path, up_to=1)
    with pytest.raises(StoreSchemaError, match=r"made by an older jobrunner .* `jobrunner db migr"):
        open_store(path)
    assert migrate_store(path) == [name for name, _ in steps()[1:]]
    open_store(path).close()


def test_totals_begin_with_what_the_days_before_them_add_up_to(tmp_path):
    path = tmp_path / "ledger.db"
    migrate(path, up_to=3)
    days = "(1, 'a', 'success', 2), (2, 'a', 'success', 1), (2, 'a', 'missed', 9)"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"INSERT INTO days (day, job, state, slots) VALUES {days}")
    migrate_store(path)
    with closing(open_store(path)) as store:
        told = store.totals()["a"]
    assert (dict(told.slots), told.attempts, told.took) == ({"success": 3, "missed": 9}, 3, {})


def test_a_copy_is_made_before_an_older_ledger_is_changed(tmp_path):
    path = tmp_path / "ledger.db"
    migrate(path, up_to=1)
    migrate_store(path)
    assert ask(tmp_path / "ledger.db.schema-1", "PRAGMA user_version") == [(1,)]


@pytest.mark.parametrize("use", [open_store, migrate_store])
def test_a_newer_ledger_is_refused_in_a_clear_sentence(location, use):
    ask(location, "PRAGMA user_version = 8")
    with pytest.raises(StoreSchemaError, match=r"made by a newer jobrunner \(schema 8; this one"):
        use(location)


def test_of_many_migrators_one_does_each_step(tmp_path):
    path = tmp_path / "ledger.db"
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: migrate_store(path), range(4)))
    assert sorted(map(len, done)) == [0, 0, 0, SCHEMA]


def test_a_step_that_fails_leaves_the_ledger_as_it_was(tmp_path):
    path = tmp_path / "ledger.db"
    migrate(path, up_to=1)
    ask(path, "CREATE TABLE history (id)")
    before = ask(path, "SELECT * FROM _sqlite_migrations"), ask(path, "PRAGMA user_version")
    with pytest.raises(StoreError, match="already"):
        migrate_store(path)
    after = ask(path, "SELECT * FROM _sqlite_migrations"), ask(path, "PRAGMA user_version")
    assert after == before


def test_half_of_a_ledger_that_was_never_finished_is_no_ledger(tmp_path):
    (tmp_path / "ledger.db.new").write_bytes(b"half")
    migrate_store(tmp_path / "ledger.db")
    assert not (tmp_path / "ledger.db.new").exists()
    open_store(tmp_path / "ledger.db").close()


def test_a_file_of_steps_is_carried_out_statement_by_statement():
    text = (
        "-- one; not yet\nCREATE TABLE a (\n  b TEXT DEFAULT ';'\n);\n\nCREATE INDEX c ON a (b);\n"
    )
    assert [statement.strip()[-7:] for statement in statements(text)] == [" ';'\n);", " a (b);"]

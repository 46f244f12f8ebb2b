"""Ledgers that are absent, locked, damaged, foreign, old or grown."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jobrunner.engine.doctor.database import REPAIR
from jobrunner.store.sqlite import inspection
from jobrunner.store.sqlite.connection import SCHEMA


@pytest.fixture
def ledger(clinic):
    clinic.tick()
    return Path(clinic.state.ledger)


def change(path, statement):
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()


def test_a_sound_one_is_told_with_its_size(clinic, ledger):
    (severity, message) = clinic.found("database")[0]
    assert (severity, message.endswith("WAL, integrity ok (quick check)")) == ("ok", True)
    assert "(full check)" in clinic.found("database", full=True)[0][1]


def test_one_that_is_not_there_yet_is_not_made(clinic):
    assert clinic.found("database") == [
        ("warning", "there is no ledger yet: the first tick, or the first run, makes it")
    ]
    assert not Path(clinic.state.folder).exists()


def test_looking_changes_nothing(clinic, ledger):
    before = {path: path.stat() for path in ledger.parent.parent.rglob("*")}
    clinic.look()
    after = {path: path.stat() for path in ledger.parent.parent.rglob("*")}
    assert {path: found.st_mtime_ns for path, found in after.items() if path.is_file()} == {
        path: found.st_mtime_ns for path, found in before.items() if path.is_file()
    }


def test_one_that_vanished_is_a_problem(clinic, ledger):
    ledger.unlink()
    found = clinic.worst("database")
    assert (found.severity, "vanished" in found.message) == ("problem", True)


@pytest.mark.parametrize("junk", [b"not a database at all" * 100, b""])
def test_one_that_is_no_database_is_a_problem(clinic, ledger, junk):
    ledger.write_bytes(junk)
    found = clinic.worst("database")
    assert (found.severity, "db recover" in f"{found.message} {found.fix}") == ("problem", True)


def test_one_with_a_damaged_page_is_a_problem(clinic, ledger):
    with ledger.open("r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(b"\xff" * 4096)
    found = clinic.worst("database")
    assert (found.severity, found.fix) == ("problem", REPAIR)
    assert found.message.startswith("the ledger is damaged: ")


def test_one_that_somebody_holds_is_told_as_held(clinic, ledger, monkeypatch):
    monkeypatch.setattr(inspection, "PATIENCE", 0.05)
    with closing(sqlite3.connect(ledger)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        found = clinic.worst("database")
    assert (found.severity, found.fix) == ("problem", f"who has it: fuser -v {ledger}")


@pytest.mark.parametrize(("schema", "severity"), [(SCHEMA - 1, "warning"), (SCHEMA + 1, "problem")])
def test_one_of_another_version_is_told(clinic, ledger, schema, severity):
    change(ledger, f"PRAGMA user_version = {schema}")
    assert clinic.worst("database").severity == severity


def test_another_programs_file_is_a_problem(clinic, ledger):
    change(ledger, "PRAGMA application_id = 7")
    assert "not a ledger of jobrunner" in clinic.worst("database").message


def test_one_without_its_name_is_told_and_keeps_it_so(clinic, ledger):
    name = ledger.with_name(f"{ledger.name}.id")
    name.unlink()
    assert "is gone, which tells it from other ledgers" in clinic.worst("database").message
    assert not name.exists()


def test_one_whose_name_is_anothers_is_a_problem(clinic, ledger):
    ledger.with_name(f"{ledger.name}.id").write_text("0" * 32 + "\n")
    assert "another ledger" in clinic.worst("database").message


def test_a_log_that_nobody_empties_is_told(clinic, ledger, monkeypatch):
    monkeypatch.setattr("jobrunner.engine.doctor.database.LOG", 1000)
    with closing(sqlite3.connect(ledger)) as reader:
        reader.execute("PRAGMA wal_autocheckpoint = 0")
        reader.execute("CREATE TABLE more AS SELECT zeroblob(100000) AS x")
        reader.commit()
        found = clinic.worst("database")
    assert found.message.startswith("its write-ahead log has ")


def test_how_far_it_is_can_be_followed(clinic, ledger, monkeypatch):
    monkeypatch.setattr(inspection, "STEP", 1)
    steps = []
    clinic.look(on_step=lambda: steps.append(1))
    assert steps


def test_the_library_is_told(clinic, ledger):
    assert any(
        message.startswith(f"SQLite {sqlite3.sqlite_version}")
        for _, message in clinic.found("database")
    )

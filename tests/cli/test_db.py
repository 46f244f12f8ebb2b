"""`jobrunner db` as its user meets it."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from jobrunner.cli.main import run
from jobrunner.model.run import State
from jobrunner.store.value import RunFilter
from tests.build import FakeClock
from tests.cli.past import ledger
from tests.store.life import ended, running

DAY = timedelta(days=1)


@pytest.fixture
def past(call, tmp_path):
    with ledger() as store:
        ended(store, State.SUCCESS)
    return tmp_path


def runs():
    with ledger() as store:
        return len(store.runs(RunFilter()))


def test_the_path_is_that_of_a_file_other_programs_can_read(call, past):
    code, path, _ = call("db", "path")
    with closing(sqlite3.connect(path.strip())) as database:
        assert database.execute("SELECT job FROM history").fetchall() == [("backup",)]
    assert code == 0


def test_a_backup_says_where_it_is_and_can_be_restored(call, past):
    code, said, _ = call("db", "backup", "copy.db")
    with ledger() as store:
        ended(store, State.FAILED)
    restored = call("db", "restore", "copy.db", "--yes")
    assert (code, restored[0], runs()) == (0, 0, 1)
    assert "copy.db  " in said
    assert "what was there: " in restored[1]


def test_a_backup_without_a_name_lies_in_the_state_folder(call, past):
    call("db", "backup")
    assert (past / ".jobrunner" / "jobrunner-20261120T120000Z.db").exists()


def test_a_backup_into_a_folder_is_named_by_its_time(call, past):
    (past / "backups").mkdir()
    call("db", "backup", "backups")
    assert [*past.glob("backups/jobrunner-20261120T120000Z.db")]


def test_nothing_is_restored_while_a_run_goes_on(call, past):
    call("db", "backup", "copy.db")
    with ledger() as store:
        running(store)
    code, _, said = call("db", "restore", "copy.db", "--yes")
    assert (code, runs()) == (6, 2)
    assert "not over yet: 1 run of" in said
    assert "jobrunner stop --all" in said


@pytest.mark.parametrize("verb", [("restore", "copy.db"), ("recover",)])
def test_what_replaces_the_ledger_asks_first(call, past, verb):
    code, _, said = call("db", *verb)
    assert code == 2
    assert "add --yes" in said


def test_a_sound_ledger_is_called_sound(call, past):
    assert call("db", "check", "--full")[:2] == (0, f"✓ {past}/.jobrunner/db/ledger.db is sound.\n")


def test_a_damaged_ledger_is_found_and_recovered(call, past):
    path = past / ".jobrunner/db/ledger.db"
    with path.open("r+b") as file:
        file.seek(-4096, 2)
        file.write(b"\xff" * 4096)
    code, said, _ = call("db", "check")
    assert code == 1
    assert "jobrunner db recover" in said
    code, said, _ = call("db", "recover", "--yes")
    assert "Saved 1 run into a new ledger." in said
    assert call("db", "check", "--full")[0] == 0


def test_pruning_counts_first_and_keeps_what_the_file_says(call, past):
    (past / "jobs.toml").write_text(
        "[settings.retention]\nruns = 2\n[jobs.backup]\ncommand='true'\n"
    )
    with ledger() as store:
        for _ in range(4):
            ended(store, State.SUCCESS)
    code, said, _ = call("db", "prune", "--dry-run")
    assert (code, said.splitlines()[0], runs()) == (
        0,
        "3 runs past what [settings.retention] keeps.",
        5,
    )
    assert call("db", "prune", "--yes")[0] == 0
    assert runs() == 2


def test_pruning_does_not_remove_anything_unasked(call, past):
    (past / "jobs.toml").write_text(
        "[settings.retention]\nruns = 1\n[jobs.backup]\ncommand='true'\n"
    )
    with ledger() as store:
        ended(store, State.SUCCESS)
    assert call("db", "prune")[0] == 2
    assert runs() == 2


def test_a_ledger_of_today_is_up_to_date(call, past):
    assert call("db", "migrate")[:2] == (
        0,
        f"✓ {past}/.jobrunner/db/ledger.db is up to date.\n",
    )


def test_no_ledger_is_made_where_no_jobs_toml_asks_for_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOBRUNNER_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("JOBRUNNER_STATE_DIR", str(tmp_path / "state"))
    assert run(["db", "migrate"], clock=FakeClock()) == 3
    assert "no jobs.toml found" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_a_broken_file_does_not_keep_anybody_from_a_backup(call, past):
    (past / "jobs.toml").write_text("[jobs.backup\n")
    assert call("db", "backup", "copy.db")[0] == 0


def test_a_broken_file_leads_to_no_other_ledger(call, past):
    (past / "elsewhere").mkdir()
    (past / "elsewhere" / "jobs.toml").write_text("[jobs.backup\n")
    assert call("-c", "elsewhere/jobs.toml", "db", "backup", "copy.db")[0] == 3

"""`jobrunner init` as its reader meets it."""

import os

import pytest

from jobrunner.cli.main import run

MADE = """\
Created jobs.toml            two example jobs, both commented out except "hello"
Created .jobrunner/          database and captured output (its own .gitignore keeps it out of git)

Next:
  jobrunner run hello        run it now
  jobrunner list             what is planned
  jobrunner edit             change the file, checked before it is saved
  jobrunner install cron     run due jobs every minute; or: install systemd
"""
REFUSED = """\
Error: jobs.toml already exists (3 jobs). Nothing was changed.
       To start another: jobrunner init --path other/jobs.toml
"""
WOULD = """\
Would make ops/jobs.toml      two example jobs, both commented out except "hello"
Would make ops/.jobrunner/    database and captured output (its own .gitignore keeps it out of git)
Nothing was made: --dry-run.
"""


def test_it_makes_the_file_and_the_state_and_says_what_next(call, tmp_path):
    (tmp_path / "jobs.toml").unlink()
    assert call("init", JOBRUNNER_CONFIG="jobs.toml") == (0, MADE, "")
    assert (tmp_path / ".jobrunner/db/ledger.db").exists()


def test_what_was_made_is_valid_and_has_its_first_job(call):
    assert call("init", "--path", "new.toml")[0] == 0
    code, out, _ = call("next", "-c", "new.toml", "--fields", "job,scheduled_for")
    assert (code, out) == (0, "hello\t2026-11-21T09:00:00+01:00\n")


def test_a_file_that_is_there_stays(call, tmp_path):
    before = (tmp_path / "jobs.toml").read_bytes()
    assert call("init") == (1, "", REFUSED)
    assert (tmp_path / "jobs.toml").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["jobs.toml"]


def test_what_would_be_made_is_listed_and_not_made(call, tmp_path):
    assert call("init", "--path", "ops/jobs.toml", "--dry-run") == (0, WOULD, "")
    assert not (tmp_path / "ops").exists()


def test_a_hint_names_a_file_that_is_not_found_by_itself(call):
    _, out, _ = call("init", "--path", "ops/my jobs.toml")
    assert "\n  jobrunner -c 'ops/my jobs.toml' run hello       run it now\n" in out


def test_a_ledger_that_is_there_is_kept(call, tmp_path):
    call("init", "--path", "ops/jobs.toml")
    (tmp_path / "ops/jobs.toml").unlink()
    _, out, _ = call("init", "--path", "ops/jobs.toml")
    assert "\nKept ops/.jobrunner/ " in out


@pytest.mark.parametrize("arguments", [["--path", "x.toml"], []])
def test_a_host_has_its_own_place(call, arguments):
    code, _, complaint = call("init", "--system", *arguments)
    assert (code, "has its own place" in complaint) == (2, True)


def test_standard_input_is_no_place(call):
    assert call("init", "--path", "-")[0] == 3


def test_what_a_host_would_get_is_listed(capsys):
    code = run(["init", "--system", "--dry-run"])
    out, complaint = capsys.readouterr()
    is_there = os.path.lexists("/etc/jobrunner/jobs.toml")
    assert code == int(is_there)
    assert "/etc/jobrunner/jobs.toml" in (complaint if is_there else out)

"""`jobrunner env`: what a job gets, in a folder with a file of variables."""

import json
import os

import pytest

from jobrunner.engine.ticker import Host

NOWHERE = Host(root="/nowhere", user="deploy", home="/home/deploy")
JOBS = """\
[jobs.backup]
cron = "30 2 * * *"
command = "pg_dump app"
env = { STAGE = "live", API_KEY = "hush", LANG = "C.UTF-8" }
env_file = "a.env"
params = { what = { default = "all" } }

[jobs.alien]
command = "true"
user = "no-such-user"
"""


@pytest.fixture
def called(call, tmp_path, monkeypatch):
    (tmp_path / "jobs.toml").write_text(JOBS)
    (tmp_path / "a.env").write_text("PGPASSWORD=hushhush\nPGHOST=db1\n")
    monkeypatch.setattr("jobrunner.cli.env.this_host", lambda: NOWHERE)
    return call


def test_every_variable_is_told_with_its_source(called, tmp_path):
    code, out, complaint = called("env", "backup", LANG="de_DE.UTF-8")
    rows = {row.split("\t")[0]: row.split("\t")[1:3] for row in out.splitlines()}
    assert (code, complaint, rows["STAGE"]) == (0, "", ["live", f"{tmp_path}/jobs.toml:4"])
    assert rows["PGHOST"] == ["", f"{tmp_path}/a.env"]
    assert rows["JOBRUNNER_PARAM_WHAT"] == ["all", "params"]
    assert rows["PATH"][1] == "every job"


def test_of_two_sources_only_the_one_that_counts_is_told(called):
    out = called("env", "backup", LANG="de_DE.UTF-8")[1]
    assert "LANG\tC.UTF-8\t" in out
    assert out.count("LANG\t") == 1


def test_no_secret_is_shown(called):
    for how in ([], ["--json"], ["--diff"], ["--diff", "--json"]):
        out = called("env", "backup", *how, PGPASSWORD="hushhush")[1]
        assert "hush" not in out
        assert "API_KEY" in out


def test_what_differs_from_run_to_run_has_no_value(called):
    found = {one["name"]: one for one in json.loads(called("env", "backup", "--json")[1])}
    assert found["JOBRUNNER_RUN_ID"]["value"] is None
    assert found["JOBRUNNER_JOB"]["value"] == "backup"


def test_on_a_terminal_variables_stand_below_their_source(called, tmp_path):
    out = called("env", "backup", FORCE_TTY="1")[1]
    assert f"{tmp_path}/a.env\n  PGPASSWORD  (from {tmp_path}/a.env)\n" in out
    assert "\nset for each run\n  JOBRUNNER_RUN_ID\n" in out


def test_what_only_the_shell_has_and_what_differs_is_told(called):
    path = f"/opt/own:{os.environ['PATH']}"
    out = called("env", "backup", "--diff", FORCE_TTY="1", EDITOR="vi", PATH=path)[1]
    assert "- EDITOR=vi\n" in out
    assert "+ STAGE=live\n" in out
    assert "    the job does not look into /opt/own" in out


def test_differences_can_be_chosen_from(called):
    out = called("env", "backup", "--diff", "--fields", "name,change", EDITOR="vi")[1]
    assert "EDITOR\tonly_shell\n" in out


def test_a_user_that_the_host_does_not_have_is_told(called):
    code, _, complaint = called("env", "alien")
    assert (code, complaint) == (
        3,
        "Error: job alien cannot run: this host has no user 'no-such-user'.\n",
    )


def test_a_file_that_is_not_there_is_told(called, tmp_path):
    (tmp_path / "a.env").unlink()
    code, _, complaint = called("env", "backup")
    assert (code, "a.env cannot be read" in complaint) == (3, True)


def test_an_unknown_job_is_refused_with_the_one_that_was_meant(called):
    assert called("env", "bakup") == (
        5,
        "",
        'Error: no job named "bakup". Did you mean "backup"?\n',
    )

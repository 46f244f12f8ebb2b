"""`install` and `uninstall`: what they would do, refuse, and say; tests/engine/install does it."""

import os
import pwd
import re
import sys

import pytest

from jobrunner.cli.uninstall import _told_line
from jobrunner.engine.install.cron import Unlined
from jobrunner.engine.install.program import this_program


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for variable in ("JOBRUNNER_STATE_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)


def test_a_dry_run_names_units_and_commands(call, tmp_path):
    code, said, _ = call("install", "systemd", "--dry-run")
    assert code == 0
    assert said.splitlines()[0] == "Would write (nothing done: --dry-run):"
    assert "oneshot, User=" in said
    assert "every minute, AccuracySec=1s" in said
    assert "Would run: systemctl daemon-reload; systemctl enable --now jobrunner-" in said


def test_on_a_narrow_terminal_no_row_is_wrapped(call, tmp_path):
    _, said, _ = call("install", "systemd", "--dry-run", COLUMNS="60")
    assert "\n    every minute, AccuracySec=1s\n" in said


def test_files_are_shown_and_not_written(call):
    code, said, _ = call("install", "systemd", "--print")
    assert code == 0
    assert said.count("\n# /etc/systemd/system/jobrunner-") >= 2
    assert not os.path.lexists(said.splitlines()[0].removeprefix("# "))


def test_a_line_of_a_crontab_is_shown(call, tmp_path):
    words = " ".join(this_program("/").words)
    code, said, _ = call("install", "cron", "--print")
    assert (code, said) == (0, f"* * * * * {words} tick -c {tmp_path}/jobs.toml\n")


@pytest.fixture
def variable(tmp_path):
    """A jobs.toml whose ledger is where a variable says."""
    (tmp_path / "jobs.toml").write_text('[settings]\nstore_env = "JOBRUNNER_STORE"\n')
    return tmp_path / "jobrunner.env"


def test_the_file_that_has_the_variable_of_the_ledger_is_named_and_not_written(call, variable):
    code, said, note = call("install", "systemd", "--print", JOBRUNNER_STORE="postgresql://a:b@c/d")
    assert (code, said.count(f"EnvironmentFile=-{variable}\n")) == (0, 2)
    assert f"JOBRUNNER_STORE of [settings] is read from {variable}, which is not there" in note
    assert "a:b" not in said + note


def test_nothing_is_said_of_it_where_it_is(call, variable):
    variable.write_text("JOBRUNNER_STORE=postgresql://a:b@c/d\n")
    assert call("install", "systemd", "--dry-run")[2] == ""


def test_that_cron_does_not_set_the_variable_is_told(call, variable):
    assert "cron does not set JOBRUNNER_STORE" in call("install", "cron", "--dry-run")[2]


def test_cron_looks_after_no_page(call, tmp_path):
    code, said, complaint = call("install", "cron", "--serve")
    assert (code, said) == (1, "")
    assert complaint.startswith("Error: cron looks after no services, and so not after the page.")
    assert complaint.endswith(f"jobrunner serve -c {tmp_path}/jobs.toml\n")


def test_a_page_that_could_not_begin_is_not_installed(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("[serve]\nhost = '0.0.0.0'\n")
    code, said, complaint = call("install", "systemd", "--serve", "--dry-run")
    assert (code, said) == (1, "")
    assert "refusing to listen on 0.0.0.0 without TLS" in complaint


def test_the_page_is_among_what_would_be_written(call, monkeypatch):
    daemon = pwd.getpwnam("daemon")
    monkeypatch.setattr("pwd.getpwnam", lambda _: daemon)
    code, said, _ = call("install", "systemd", "--serve", "--dry-run")
    assert code == 0
    assert re.search(r"-serve\.service\s+the page and the API, User=\w+", said)
    assert "Add --serve" not in said


def test_a_temporary_jobrunner_is_refused(call, monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/tmp/uvx/venv")
    code, said, complaint = call("install", "cron")
    assert (code, said) == (1, "")
    assert re.match(r"Error: this jobrunner is at /tmp/\S+, which may vanish; ", complaint)


def test_a_broken_jobs_toml_is_not_installed(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("[jobs")
    assert call("install", "cron", "--print")[0] == 3


def test_another_kind_is_refused(call):
    code, _, complaint = call("install", "launchd")
    assert code == 2
    assert "'cron', 'systemd'" in complaint


def test_lines_that_jobs_took_the_place_of_are_no_secret_when_ticks_end(capsys):
    assert _told_line(Unlined(is_as_before=True, retired=14), "ann") == 0
    said = capsys.readouterr().out
    assert "cron still leaves 14 lines that `import` commented out alone" in said
    assert 'crontab -e, and take "#jobrunner# " away' in said

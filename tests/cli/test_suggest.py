"""What may come next on a command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobrunner.cli.overview import COMMANDS
from jobrunner.cli.suggest import main, suggested
from tests.cli.nights import three_nights

PROGRAM = Path(__file__).parents[2] / "src/jobrunner/program"
JOBS = """
[defaults]
tags = ["all"]
[jobs.backup]
command = "true"
tags = ["db", "$(reboot)"]
[jobs."build.docs"]
command = "true"
tags = "web"
[jobs."$(reboot)"]
command = "true"
"""
LOADED = """
import sys
from jobrunner.cli import suggest
suggest.main(sys.argv[1:])
print(*(name for name in sys.modules if name.partition(".")[0] in {"click", "msgspec", "sqlite3"}))
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for variable in ("JOBRUNNER_STATE_DIR", "STATE_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("JOBRUNNER_CONFIG", str(tmp_path / "jobs.toml"))
    (tmp_path / "jobs.toml").write_text(JOBS)
    return tmp_path


def after(*words):
    """What the last word may become."""
    return [name for name, _ in suggested(words)]


def test_first_comes_a_command():
    assert after("") == list(COMMANDS)
    assert after("val") == ["validate"]


def test_each_has_a_remark():
    assert ("status", "Tell on one screen whether all is well.") in suggested(["sta"])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["list", "--st"], ["--status"]),
        (["list", "--sort", ""], ["file", "name", "next", "last", "status"]),
        (["list", "--sort", "na"], ["name"]),
        (["list", "--sort=na"], ["--sort=name"]),
        (["list", "--json", "--fields", "na"], ["name"]),
        (["list", "--fields", "name,sta"], ["name,status"]),
        (["list", "--fields=name,sta"], ["--fields=name,status"]),
        (["history", "--status", "failed,timeo"], ["failed,timeout"]),
        (["--utc", "list", "--sort", "na"], ["name"]),
        (["-c", "x.toml", "list", "--sort", "na"], ["name"]),
        (["db", "ba"], ["backup"]),
        (["db", "backup", "--deb"], ["--debug"]),
        (["list", "-c", ""], [":file"]),
        (["list", "--config=x"], [":file"]),
        (["add", "x", "--cwd", ""], [":folder"]),
        (["add", "x", "--", "--da"], []),
        (["add", "x", "--timeout", ""], []),
        (["completion", "f"], ["fish"]),
        (["help", "vali"], ["validate"]),
        (["nonsense", ""], []),
        (["list", "extra", ""], []),
    ],
)
def test_options_and_their_values_are_known(words, found):
    assert after(*words) == found


def test_a_field_is_offered_once():
    assert "name,name" not in after("list", "--fields", "name,")
    assert "name,tags" in after("list", "--fields", "name,")


@pytest.mark.parametrize("command", ["show", "run", "edit", "next", "history"])
def test_jobs_are_those_of_the_file(command):
    assert after(command, "") == ["backup", "build.docs"]
    assert after(command, "bu") == ["build.docs"]


def test_jobs_of_this_host_are_not_offered_for_another_one(monkeypatch, home):
    monkeypatch.setenv("JOBRUNNER_URL", "https://jobs.example.com")
    assert after("run", "b") == []
    assert after("-c", str(home / "jobs.toml"), "run", "b") == ["backup", "build.docs"]


def test_a_second_job_is_offered_where_several_are_taken():
    assert after("next", "backup", "bu") == ["build.docs"]
    assert after("show", "backup", "bu") == []


def test_tags_are_those_of_the_file():
    assert after("list", "--tag", "") == ["all", "db", "web"]


def test_the_file_is_the_one_that_the_line_names(home):
    (home / "other.toml").write_text("[jobs.other]\n")
    assert after("-c", f"{home}/other.toml", "show", "") == ["other"]
    assert after(f"--config={home}/other.toml", "show", "") == ["other"]


def test_runs_have_numbers_and_what_became_of_them(home):
    three_nights(home)
    found = dict(suggested(["logs", ""]))
    assert found["backup"] == "job"
    assert found["3"] == "backup failed"
    assert "2" not in found  # it did not run


@pytest.mark.parametrize("text", ["", "[jobs", "\xff", 'include = ["conf.d/*.toml"]\n'])
def test_what_the_file_does_not_tell_the_ledger_may(home, text):
    three_nights(home)
    (home / "jobs.toml").write_text(text, encoding="latin-1")
    assert after("show", "") == ["backup"]


@pytest.mark.parametrize("damage", ["nothing", "a folder", "no ledger"])
def test_what_is_not_there_names_nothing(home, damage):
    (home / "jobs.toml").unlink()
    if damage == "a folder":
        (home / "jobs.toml").mkdir()
    if damage == "no ledger":
        (home / ".jobrunner/db").mkdir(parents=True)
        (home / ".jobrunner/db/ledger.db").write_text("no database")
    assert after("logs", "") == []
    assert after("list", "--tag", "") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["list", "--sort", "=", "na"], "name\n"),
        (["list", "--sort", "="], "file\nname\nnext\nlast\nstatus\n"),
        (["list", "--fields", "=", "name,sta"], "name,status\n"),
        (["list", "--config", "=", "x"], ":file\n"),
        (["list", "--sort", "na"], "name\n"),
        (["va"], "validate\n"),
    ],
)
def test_bash_takes_words_apart_at_the_sign(words, found, capfd):
    main(["bash", *words])
    assert capfd.readouterr().out == found


def test_other_shells_show_the_remarks(capfd):
    main(["fish", "rm", "ba"])
    assert capfd.readouterr().out == "backup\tjob\n"


@pytest.mark.parametrize("words", [["list", "--sort", ""], ["show", ""], ["logs", ""], [""]])
def test_nothing_slow_is_loaded(words, home):
    three_nights(home)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "zsh", *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n\n")
    assert done.stdout != "\n"


def test_the_program_answers_shells():
    done = subprocess.run(
        [sys.executable, PROGRAM, "complete", "bash", "show", "ba"],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert (done.stdout, done.stderr) == ("backup\n", "")

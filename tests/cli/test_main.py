"""What all commands share: help, exit codes, and what happens to a bug."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from jobrunner import errors
from jobrunner.cli import validate
from jobrunner.cli.main import exit_code, jobrunner
from jobrunner.cli.overview import COMMANDS
from jobrunner.errors import JobrunnerError


def test_without_a_command_it_says_what_there_is(call):
    code, out, _ = call()
    assert code == 0
    assert all(name in out for name in COMMANDS)
    assert "\nHealth:   status  " in out
    assert all(max(option.opts, key=len) in out for option in jobrunner.params)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(call, name):
    code, out, _ = call(name, "--help")
    assert code == 0
    assert f"  jobrunner {name}" in out
    assert call(name, "-h") == call("help", name) == (code, out, "")


def test_a_misspelt_command_is_met_with_the_one_that_was_meant(call):
    code, _, complaint = call("valdate")
    assert code == 2
    assert "Did you mean 'validate'?" in complaint


def test_what_is_missing_is_met_with_an_example(call):
    code, _, complaint = call("backfill", "hello")
    assert code == 2
    *_, missing, example = complaint.splitlines()
    assert missing == "Error: Missing option '--from'."
    assert example.startswith(
        "       For example: jobrunner backfill report --from 2026-11-01 --to "
    )


def test_a_word_that_a_command_does_not_know_is_met_with_those_it_does(call):
    code, _, complaint = call("config", "diff")
    assert code == 2
    assert complaint.endswith("\n       There are: dump, history, path, pull, push, restore\n")


def test_every_kind_of_error_has_an_exit_code():
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, JobrunnerError)
    }
    assert {exit_code(kind("x")) for kind in kinds} == {1, 3, 4, 5, 6}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate", "nowhere.toml"], 3),
        (["next", "nobody"], 5),
        (["next", "--within", "soon"], 2),
        (["help", "E999"], 5),
    ],
)
def test_a_refusal_is_one_sentence_and_a_code(call, arguments, code):
    found, out, complaint = call(*arguments)
    assert (found, out) == (code, "")
    assert re.search(r"^Error: .+", complaint, re.MULTILINE)


def test_a_bug_is_one_line_and_a_file_with_the_report(call, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(validate, "load", lambda *_: 1 / 0)
    code, out, complaint = call("validate")
    assert (code, out) == (1, "")
    assert "Traceback" not in complaint
    (report,) = tmp_path.glob("jobrunner-*.trace")
    assert str(report) in complaint
    assert "ZeroDivisionError" in report.read_text()


def test_a_bug_that_no_file_can_hold_is_told_at_once(call, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    monkeypatch.setattr(validate, "load", lambda *_: 1 / 0)
    code, out, complaint = call("validate")
    assert (code, out) == (1, "")
    assert "Traceback" in complaint
    assert complaint.endswith("This is a bug. What happened is above\n")


@pytest.mark.parametrize(
    ("redirection", "code"),
    [
        ("- <&-", 0),
        ("- 0> /dev/null", 3),
        (">&-", 0),
        ("2>&-", 0),
        (">&- 2>&- <&-", 0),
        ("nowhere 2>&-", 3),
        ("nowhere 2>/dev/full", 3),
        ("> /dev/full", 1),
    ],
)
def test_streams_that_are_closed_or_full_are_no_bug(call, tmp_path, redirection, code):
    program = Path(sys.executable).with_name("jobrunner")
    line = f"{program} -c {tmp_path}/jobs.toml validate {redirection}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "bug" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_folder_that_is_gone_hides_only_what_is_in_it(call, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert call("-c", f"{tmp_path}/jobs.toml", "validate")[0] == 0
    code, _, complaint = call("validate")
    assert (code, complaint.count("\n")) == (3, 1)


def test_a_file_that_is_wrong_is_told_as_validate_does(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("[jobs.a]\ncomand = 'x'\ncommand = 'x'\n")
    _, told, _ = call("validate")
    code, out, complaint = call("next")
    assert (code, out) == (3, "")
    assert complaint == told.partition("\n\n1 error")[0] + "\n"


def test_a_code_may_be_typed_in_small_letters(call):
    assert call("help", "e110") == call("help", "E110")


def test_a_reader_that_leaves_early_is_no_error(call, tmp_path):
    program = Path(sys.executable).with_name("jobrunner")
    line = f"{program} -c {tmp_path}/jobs.toml next --all --within 30d | head -n 1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("hello\t")
    assert done.stderr == ""


def test_who_left_early_is_told_by_the_exit_code(call, tmp_path):
    program = Path(sys.executable).with_name("jobrunner")
    line = f"{program} -c {tmp_path}/jobs.toml list | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


STARTED = """
import sys, click
before = {*sys.modules}
import jobrunner.cli.main
print(*{*sys.modules} - before - {"locale", "_locale", "atexit", "gc"})
"""


def test_a_start_pays_for_click_and_for_nothing_that_only_commands_need():
    done = subprocess.run(
        [sys.executable, "-c", STARTED], capture_output=True, text=True, check=True
    )
    names = ("main", "option", "output", "overview")
    ours = {"", ".cli", ".clock", ".errors", *(f".cli.{name}" for name in names)}
    assert set(done.stdout.split()) == {f"jobrunner{name}" for name in ours}


def test_the_module_is_the_program():
    done = subprocess.run(
        [sys.executable, "-m", "jobrunner", "--version"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"jobrunner \d+\.\d+\S*\n", done.stdout)

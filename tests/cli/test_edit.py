"""`jobrunner edit` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import JOBS

SAVED = """\
Saved. 1 job changed:
  hello   cron  */15 * * * *  ->  5 * * * *    next Fri 2026-11-20 13:05 CET (was 13:15)
  what is planned: jobrunner next
"""
ERROR = """\
error[E110]: minute 99 is not in 0-59
 --> {path}:3:9
  |
3 | cron = "99 * * * *"
  |         ^^ minute 99; fields: minute hour day month weekday
"""
ASKED = "What now? [e]dit again, [d]iscard, [s]ave as jobs.toml.rejected > "
RIGHT = JOBS.replace("*/15 * * * *", "5 * * * *")
WRONG = JOBS.replace("*/15 * * * *", "99 * * * *")


@pytest.fixture
def jobs(call, tmp_path, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        yield tmp_path / "jobs.toml"


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """An editor that writes each of these texts in turn, and runs a line of shell before."""

    def editor(*texts, first=""):
        folder = tmp_path / "editor"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / str(number)).write_text(text)
        program = folder / "run"
        program.write_text(
            f'#!/bin/sh\n{first}\ncd {folder}\nset -- "$1" $(ls | head -n 1)\nmv "$2" "$1"\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(program))

    return editor


def test_what_is_right_is_saved_and_told(call, jobs, editor):
    editor(RIGHT)
    assert call("edit", JOBRUNNER_CONFIG=str(jobs)) == (0, SAVED, "")
    assert jobs.read_text() == RIGHT


def test_what_is_wrong_is_shown_and_edited_again(call, jobs, editor, terminal):
    editor(WRONG, RIGHT)
    terminal("e\n")
    told = ERROR.format(path=jobs) + ASKED
    assert call("edit", JOBRUNNER_CONFIG=str(jobs)) == (0, SAVED, told)
    assert jobs.read_text() == RIGHT


def test_what_is_wrong_can_be_discarded(call, jobs, editor, terminal):
    editor(WRONG)
    terminal("d\n")
    code, out, _ = call("edit")
    assert (code, out) == (1, f"Discarded; {jobs} is as it was.\n")
    assert jobs.read_text() == JOBS
    assert not Path(f"{jobs}.rejected").exists()


@pytest.mark.parametrize("answer", ["s\n", "x\nS\n", "\x04"])
def test_what_is_wrong_can_be_kept_and_is_without_an_answer(call, jobs, editor, terminal, answer):
    editor(WRONG)
    terminal(answer)
    code, out, _ = call("edit")
    assert (code, jobs.read_text()) == (1, JOBS)
    assert f"Saved as {jobs}.rejected; {jobs} is as it was." in out
    assert Path(f"{jobs}.rejected").read_text() == WRONG


def test_without_a_terminal_what_is_wrong_is_kept(call, jobs, editor):
    editor(WRONG)
    code, out, complaint = call("edit")
    assert (code, out, jobs.read_text()) == (3, "", JOBS)
    assert (
        f"there is no terminal to ask on.\n       What you wrote is in {jobs}.rejected" in complaint
    )
    assert Path(f"{jobs}.rejected").read_text() == WRONG


def test_what_is_not_changed_is_not_written(call, jobs, editor):
    editor(JOBS)
    before = jobs.stat().st_ino
    assert call("edit") == (0, f"No change; {jobs} is as it was.\n", "")
    assert jobs.stat().st_ino == before


def test_what_somebody_else_wrote_meanwhile_stays(call, jobs, editor):
    editor(RIGHT, first=f"echo '# mine' >> {jobs}")
    code, _, complaint = call("edit")
    assert (code, jobs.read_text()) == (6, JOBS + "# mine\n")
    assert "changed by somebody else meanwhile" in complaint
    assert Path(f"{jobs}.rejected").read_text() == RIGHT


def test_an_editor_that_gives_up_changes_nothing(call, jobs, editor):
    editor(RIGHT, first="exit 1")
    code, _, complaint = call("edit")
    assert (code, "Nothing was changed" in complaint, jobs.read_text()) == (1, True, JOBS)


def test_a_broken_file_can_be_edited(call, jobs, editor):
    jobs.write_text("[jobs.hello\n")
    editor(RIGHT)
    code, out, _ = call("edit")
    assert (code, jobs.read_text()) == (0, RIGHT)
    assert out.startswith("Saved. The file is whole again; 3 jobs touched:")


def test_a_job_is_edited_in_the_file_that_declares_it(call, jobs, editor, tmp_path):
    jobs.write_text('include = ["more.toml"]\n')
    (tmp_path / "more.toml").write_text('[jobs.more]\ncommand = "x"\n')
    editor('[jobs.more]\ncommand = "y"\n')
    assert call("edit", "more")[0] == 0
    assert (tmp_path / "more.toml").read_text() == '[jobs.more]\ncommand = "y"\n'


def test_an_unknown_job_opens_no_editor(call, jobs, editor):
    editor(RIGHT)
    code, _, complaint = call("edit", "helo")
    assert (code, 'Did you mean "hello"?' in complaint) == (5, True)
    assert jobs.read_text() == JOBS


def test_the_mode_of_the_file_stays(call, jobs, editor):
    jobs.chmod(0o640)
    editor(RIGHT)
    call("edit")
    assert jobs.stat().st_mode & 0o777 == 0o640

"""`jobrunner rm` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import JOBS

BY_HAND = '\n[jobs.by-hand]\ncommand = "true"\n'
PAST = '\n[jobs.past]\nat = 2026-11-20T11:00:00Z\ncommand = "true"\n'
REMOVED = """\
Removed [jobs.by-hand] from {path}
  what they did stays: jobrunner history by-hand
"""


@pytest.fixture
def jobs(call, tmp_path, monkeypatch):
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        yield tmp_path / "jobs.toml"


def test_a_job_goes_and_its_history_is_said_to_stay(call, jobs):
    told = REMOVED.format(path=jobs)
    assert call("rm", "by-hand", "-y", JOBRUNNER_CONFIG=str(jobs)) == (0, told, "")
    assert jobs.read_text() == JOBS.removesuffix(BY_HAND)


def test_without_a_terminal_the_flag_is_named(call, jobs):
    code, _, complaint = call("rm", "by-hand")
    assert (code, "add --yes" in complaint, jobs.read_text()) == (2, True, JOBS)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1)])
def test_on_a_terminal_it_asks(call, jobs, terminal, answer, code):
    terminal(answer)
    found, _, asked = call("rm", "by-hand", "report")
    assert (found, asked) == (code, f"Remove by-hand and report from {jobs}? [y/N]: ")
    assert ("by-hand" in jobs.read_text()) is (code == 1)


def test_a_job_that_another_waits_for_stays(call, jobs):
    jobs.write_text(f'{JOBS}after = ["hello"]\n')
    code, _, complaint = call("rm", "hello", "-y")
    assert code == 6
    assert "by-hand starts after hello. Nothing was removed." in complaint
    assert "jobrunner -c jobs.toml set by-hand.after" in complaint
    assert call("rm", "hello", "by-hand", "-y")[0] == 0


def test_what_is_past_goes_when_it_is_asked_for(call, jobs):
    jobs.write_text(JOBS + PAST)
    code, out, _ = call("rm", "--ended", "-y")
    assert (code, out.startswith("Removed [jobs.past] from ")) == (0, True)
    assert jobs.read_text() == JOBS


def test_nothing_past_is_said_to_be_so(call, jobs):
    told = "No job is to be removed: none is past its last slot.\n"
    assert call("rm", "--ended") == (0, told, "")


def test_jobs_of_several_files_go_in_one_call(call, jobs, tmp_path):
    jobs.write_text(f'include = ["*.inc"]\n{JOBS}after = ["more"]\n')
    (tmp_path / "more.inc").write_text('[jobs.more]\ncommand = "x"\n')
    code, out, _ = call("rm", "more", "by-hand", "-y")
    assert (code, out.count("Removed [")) == (0, 2)
    assert (tmp_path / "more.inc").read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "name the jobs to remove"),
        (["hello", "--ended"], 2, "name the jobs to remove"),
        (["helo", "-y"], 5, 'Did you mean "hello"?'),
        (["hello", "nobody", "-y"], 5, "no job named"),
    ],
)
def test_a_refusal_leaves_the_file_as_it_is(call, jobs, arguments, code, told):
    found, out, complaint = call("rm", *arguments)
    assert (found, out, jobs.read_text()) == (code, "", JOBS)
    assert told in complaint

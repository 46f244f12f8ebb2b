"""`jobrunner lint` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json

import pytest

from jobrunner.policy.lint.code import CODES

JOBS = """\
[jobs.either]
cron = "0 0 1 * 1"
timezone = "UTC"
command = "x > /dev/null"
timeout = "1h"

[jobs.a]
command = "a"

[jobs.b]
command = "b"
env = { API_TOKEN = "dd8c1b" }
"""
CLEAN = '[jobs.a]\ncommand = "a"\ntimeout = "1h"\n'
TEXT = """\
L105: day of the month or weekday
  jobs.toml:2 either: "0 0 1 * 1" comes due on day 1 of the month, and also each weekday 1
  fix: "*" in one of the two; the first Monday of a month is MON#1

L106: no timeout
  jobs.toml:7 a and b: a run that hangs is never ended
  fix: timeout = "1h" in the job, or in [defaults]

L113: output that is thrown away
  jobs.toml:4 either: its output goes to /dev/null
  fix: without the redirection it is kept; or capture = "stderr"

L115: a secret in the file
  jobs.toml:12 b: API_TOKEN looks like a secret, for everybody who may read this file
  fix: env_file, readable by the job's user alone

5 pieces of advice by 4 rules on 3 jobs. Explain one: jobrunner help L105
"""


@pytest.fixture
def called(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS)
    return call


def test_on_a_terminal_advice_stands_by_its_rule(called, tmp_path):
    code, out, complaint = called("lint", FORCE_TTY="1", JOBRUNNER_COLUMNS="200")
    assert (code, complaint) == (0, "")
    assert out.replace(f"{tmp_path}/", "") == TEXT


def test_no_line_is_wider_than_the_terminal(called):
    _, out, _ = called("lint", FORCE_TTY="1", JOBRUNNER_COLUMNS="80")
    assert max(map(len, out.splitlines())) <= 80


def test_in_a_pipe_there_is_a_line_for_each(called, tmp_path):
    _, out, _ = called("lint")
    first, *others = out.splitlines()
    assert first.split("\t")[:4] == [f"{tmp_path}/jobs.toml", "2", "L105", "either"]
    assert len(others) == 4


def test_json_tells_everything_but_the_secret(called):
    _, out, _ = called("lint", "--json")
    assert json.loads(out)[-1] | {"file": "", "message": ""} == {
        "code": "L115",
        "title": "a secret in the file",
        "job": "b",
        "message": "",
        "fix": "env_file, readable by the job's user alone",
        "file": "",
        "line": 12,
    }
    assert "dd8c1b" not in out


@pytest.mark.parametrize(("text", "code"), [(JOBS, 1), (CLEAN, 0), ("", 0)])
def test_strict_is_for_whoever_wants_to_know_by_the_exit_code(call, tmp_path, text, code):
    (tmp_path / "jobs.toml").write_text(text)
    assert call("lint", "--strict")[0] == code


def test_without_advice_that_is_said(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(CLEAN)
    _, out, _ = call("lint", FORCE_TTY="1", JOBRUNNER_COLUMNS="200")
    assert out == f"✓ {tmp_path}/jobs.toml: 1 job, no advice.\n"
    assert call("lint", "--json")[1] == "[]\n"


def test_what_cannot_be_used_is_refused_as_everywhere(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("[jobs.a]\ncomand = 'x'\n")
    assert call("lint")[:2] == (3, "")


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_explained(call, code):
    found, out, _ = call("help", code.lower())
    assert (found, out.startswith(f"{code}: {CODES[code].title}\n")) == (0, True)


def test_a_code_that_there_is_not_is_met_with_those_that_are(call):
    code, _, complaint = call("help", "L999")
    assert code == 5
    assert "they are L101, L102" in complaint

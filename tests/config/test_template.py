"""Placeholders in jobs.toml: refused at their place when they cannot be filled."""

import pytest

from jobrunner.config.placeholder import scripts
from tests.config.test_keys import job_of, problems_of, told


@pytest.mark.parametrize(
    ("keys", "caret"),
    [
        ("env = { A = 'to {slot-1x}' }", "{slot-1x}"),
        ("schedules = [{ every = '1h', env = { A = '{slot:%Q}' } }]", "{slot:%Q}"),
        ("command = ['a', '--day={slot:}']", "{slot:}"),
        ("command = ['a', '{param.y}']", "{param.y}"),
        ("env = { A = '{attempt-1}' }", "{attempt-1}"),
    ],
)
def test_a_malformed_placeholder_is_told_at_its_place(keys, caret):
    assert told(keys) == [("E117", caret)]


@pytest.mark.parametrize(
    "keys",
    [
        "command = 'awk \"{attempt++}\" {slot-1x} {param.no}'",
        "command = ['awk', '{print $1}']",
        "command = ['echo', '{slot-1d:%F}', '{run_id}', '${slot-1x}']",
        "stdin = '{slot-1x}'",
        "description = '{slot-1x}'",
        "env = { A = '{\"a\": 1}' }",
        "params = { x = {} }\nenv = { A = 'x={param.x}' }",
    ],
)
def test_what_is_not_filled_is_not_looked_at(keys):
    assert job_of(keys).name == "a"


def test_every_placeholder_that_cannot_be_filled_is_told():
    problems = problems_of("[jobs.a]\ncommand = ['{slot-1x}', '{slot}', '{param.y} {run_id.z}']")
    assert [problem.code for problem in problems] == ["E117"] * 3


def test_a_bad_default_is_told_once_where_it_stands():
    problems = problems_of(
        "[defaults.env]\nA = '{slot-1x}'\n[jobs.a]\ncommand = 'x'\n[jobs.b]\ncommand = 'x'"
    )
    assert [(problem.code, problem.line) for problem in problems] == [("E117", 2)]


def test_a_problem_says_what_to_write():
    (problem,) = problems_of("[jobs.a]\nparams = { x = {} }\ncommand = ['{param.y}']")
    assert problem.suggestion == "declared are x"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("['sh', '-c', 'echo {param.x}']", "{param.x}"),
        ("['sudo', '/bin/bash', '-euc', 'echo {param.x}']", "{param.x}"),
        ("['bash', '-o', 'pipefail', '-c', '--', '{param.x}']", "{param.x}"),
        ("['su', '-', 'ann', '-c', '{param.x}']", "{param.x}"),
    ],
)
def test_a_parameter_is_not_filled_into_what_a_shell_reads(command, text):
    (problem,) = problems_of(f"[jobs.a]\ncommand = {command}\nparams = {{ x = {{}} }}")
    start = problem.column - 1
    assert (problem.code, problem.source[start : start + problem.length]) == ("E118", text)
    assert '"$JOBRUNNER_PARAM_X"' in problem.suggestion


@pytest.mark.parametrize(
    "command",
    [
        "['sh', '-c', 'echo \"$1\"', 'x', '{param.x}']",
        "['sh', '-c', 'exec \"$@\"', 'x', 'grep', '-c', '{param.x}']",
        "['sh', '-c', 'echo {slot:%F}']",
        "['sh', 'script.sh', '{param.x}']",
        "['bash', '--norc', '{param.x}']",
        "['grep', '-c', '{param.x}', 'file']",
    ],
)
def test_a_parameter_may_be_an_argument(command):
    assert job_of(f"command = {command}\nparams = {{ x = {{}} }}").params


def test_the_text_of_each_shell_is_found():
    assert list(scripts(("find", "-exec", "sh", "-c", "a", ";", "-exec", "zsh", "-c", "b"))) == [
        4,
        9,
    ]


def test_two_parameters_cannot_be_one_variable():
    (problem,) = problems_of("[jobs.a]\ncommand = 'x'\nparams = { a = {}, A = {} }")
    assert problem.code == "E131"
    assert problem.message == "`A` and `a` are both JOBRUNNER_PARAM_A"


@pytest.mark.parametrize("keys", ["cwd = '~bob/x'", "env_file = ['~/a', '?~bob/b']"])
def test_only_the_home_of_the_jobs_own_user_can_be_named(keys):
    ((code, _),) = told(keys)
    assert code == "E113"

"""What an attempt of a command executes; hostile values reach real programs as text."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner.errors import UnusableError
from jobrunner.kinds.command import prepare
from jobrunner.kinds.task import Account, Task
from jobrunner.model.job import Param
from jobrunner.model.value import Words
from tests.build import make_job
from tests.kinds.stage import make_facts, make_setting

HOSTILE = [
    "'",
    '"',
    "'; touch hacked; '",
    "$(touch hacked)",
    "`touch hacked`",
    "a\nb\n",
    "; touch hacked #",
    "| touch hacked",
    "{slot} {param.x} ${HOME}",
    "-n",
    "\\ \t* ~ !! %s",
    "é\u202e\x1b[2J",
]
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SAID = "printf %s "


def said(task: Task, folder: Path) -> str:
    """What the task really prints, run in a folder."""
    done = subprocess.run(
        task.argv, cwd=folder, env=task.env, input=task.stdin, capture_output=True, check=True
    )
    return done.stdout.decode()


def with_param(command: object, value: str, **changes: object) -> Task:
    job = make_job(command=command, params={"x": Param()}, **changes)
    return prepare(make_setting(job, facts=make_facts(params={"x": value})))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_parameter_reaches_a_shell_as_a_variable_unchanged(value, tmp_path):
    task = with_param(f'{SAID}"$JOBRUNNER_PARAM_X"', value)
    assert (said(task, tmp_path), list(tmp_path.iterdir())) == (value, [])


@pytest.mark.parametrize("value", HOSTILE)
def test_a_parameter_reaches_a_program_as_an_argument_unchanged(value, tmp_path):
    task = with_param(("printf", "%s", "<{param.x}>"), value)
    assert (said(task, tmp_path), list(tmp_path.iterdir())) == (f"<{value}>", [])


@pytest.mark.parametrize("value", HOSTILE)
def test_a_parameter_reaches_a_shell_through_a_variable_of_the_job_unchanged(value, tmp_path):
    task = with_param(f'{SAID}"$X"', value, env={"X": "{param.x}"})
    assert (said(task, tmp_path), list(tmp_path.iterdir())) == (value, [])


@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
def test_what_is_filled_in_stays_in_its_element(elements, value):
    command = tuple(each.replace("{", "(") for each in elements)
    task = with_param((*command, "{param.x}"), value)
    assert task.argv == (*command, value)


@settings(max_examples=25)
@given(TEXT)
def test_any_value_reaches_a_real_shell(tmp_path_factory, value):
    task = with_param(f'{SAID}"$JOBRUNNER_PARAM_X"', value)
    assert said(task, tmp_path_factory.getbasetemp()) == value


def test_a_line_for_the_shell_is_never_filled():
    line = "echo {slot} {param.x} {slot-1x}"
    task = prepare(make_setting(make_job(command=line, shell=Words(("/bin/bash", "-eu")))))
    assert task.argv == ("/bin/bash", "-eu", "-c", line)


def test_a_list_is_executed_as_it_is_filled():
    command = ("dump", "--from={slot-1d:%F}", "{slot:%F}", "{print $1}", "$HOME")
    task = prepare(make_setting(make_job(command=command)))
    assert task.argv == ("dump", "--from=2026-11-19", "2026-11-20", "{print $1}", "$HOME")


@pytest.mark.parametrize(
    ("cwd", "folder"),
    [
        ("/srv", "/srv"),
        ("", "/etc/j"),
        ("~", "/home/ann"),
        ("~/a b", "/home/ann/a b"),
    ],
)
def test_the_folder_is_that_of_the_file_unless_the_job_says_another(cwd, folder):
    job = make_job(cwd=cwd, origin="/etc/j/jobs.toml")
    assert prepare(make_setting(job)).cwd == folder


@pytest.mark.parametrize(("cwd", "folder"), [("~", "/"), ("~/x", "/x")])
def test_the_root_may_be_somebodys_home(cwd, folder):
    setting = make_setting(make_job(cwd=cwd), account=Account("x", "/", ""))
    assert prepare(setting).cwd == folder


def test_a_user_without_an_account_has_the_supervisors_home():
    setting = make_setting(make_job(cwd="~"), account=None, inherited={"HOME": "/x"})
    assert prepare(setting).cwd == "/x"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cwd": "~bob"}, "~bob is seen from the home of somebody else"),
        ({"command": ("a", "{param.y}")}, "there is no parameter y"),
        ({"command": None}, "has no command"),
        ({"env": {"A": "{slot-1x}"}}, "is not a duration"),
    ],
)
def test_what_cannot_be_made_is_told(changes, reason):
    with pytest.raises(UnusableError, match=reason):
        prepare(make_setting(make_job(**changes)))


def test_a_home_that_nobody_has_is_told():
    with pytest.raises(UnusableError, match="the job's user has no home"):
        prepare(make_setting(make_job(cwd="~/x"), account=None))


@pytest.mark.parametrize("params", [{"x": "c"}, {"y": "a"}, {"x": "\0"}])
def test_a_parameter_that_the_job_does_not_allow_is_not_run(params):
    job = make_job(params={"x": Param(choices=("a", "b"))})
    with pytest.raises(UnusableError, match=f"parameter .?{next(iter(params))}"):
        prepare(make_setting(job, facts=make_facts(params=params)))


def test_a_scheduled_run_may_lack_a_choice():
    job = make_job(params={"x": Param(choices=("a", "b"))})
    env = prepare(make_setting(job, facts=make_facts(params={"x": ""}))).env
    assert env["JOBRUNNER_PARAM_X"] == ""


def test_what_it_reads_is_given_as_it_is(tmp_path):
    task = prepare(make_setting(make_job(command=("cat",), stdin="é {slot}\n")))
    assert said(task, tmp_path) == "é {slot}\n"

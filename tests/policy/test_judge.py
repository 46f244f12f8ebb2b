"""How an attempt ended, and what its exit code says in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.job import Expect
from jobrunner.model.result import Result, from_text
from jobrunner.model.run import State
from jobrunner.model.value import Duration
from jobrunner.policy.judge import Told, explain_code, judge
from tests.build import NOON, make_job

MINUTE = Duration(minutes=1)
ENDS = {State.SUCCESS, State.FAILED, State.TIMEOUT, State.STOPPED, State.LOST}


def judged(job=None, **told):
    return judge(job or make_job(), Told(**told), NOON)


def verdict(job=None, **told):
    outcome = judged(job, **told)
    return outcome.state, outcome.reason


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        ({"code": 0}, State.SUCCESS, ""),
        ({"code": 1}, State.FAILED, "exit 1"),
        ({"code": 127}, State.FAILED, "exit 127: command not found"),
        ({"code": 137}, State.FAILED, "exit 137: SIGKILL or exit 137, often out of memory"),
        ({"failure": "/no: No such file"}, State.FAILED, "/no: No such file"),
        ({"refused": "memory"}, State.FAILED, "limits.memory cannot be set"),
        ({"keeper_lost": True}, State.LOST, "its keeper was killed; nobody knows how it ended"),
        ({}, State.LOST, "its keeper was killed; nobody knows how it ended"),
        (
            {"keeper_lost": True, "circumstance": "the host was restarted"},
            State.LOST,
            "the host was restarted; nobody knows how it ended",
        ),
        ({"code": 0, "stopped_by": "deploy"}, State.STOPPED, "stopped by deploy"),
        ({"keeper_lost": True, "stopped_by": "deploy"}, State.STOPPED, "stopped by deploy"),
        ({"given_up": "web-1 was cut off"}, State.LOST, "web-1 was cut off"),
        ({"given_up": "web-1 was cut off", "code": 137}, State.LOST, "web-1 was cut off"),
        ({"given_up": "web-1 was cut off", "code": 0}, State.SUCCESS, ""),
        ({"code": 1, "unmet": ("no file",)}, State.FAILED, "exit 1"),
        ({"code": 0, "unmet": ("no file", "no line")}, State.FAILED, "no file; no line"),
    ],
)
def test_an_attempt_is_judged_by_what_its_process_told(told, state, reason):
    assert verdict(**told) == (state, reason)


@pytest.mark.parametrize("told", [{"code": 0}, {"code": 143}, {"keeper_lost": True}])
def test_a_timeout_outranks_the_code(told):
    job = make_job(timeout=Duration(minutes=90))
    assert verdict(job, timed_out=True, **told) == (
        State.TIMEOUT,
        "timeout after 1 hour 30 minutes",
    )


def test_a_stop_outranks_a_timeout():
    assert verdict(code=143, timed_out=True, stopped_by="you") == (State.STOPPED, "stopped by you")


@pytest.mark.parametrize(("cwd", "told"), [("/x", "/x"), ("~", "~"), ("", "/etc/jobrunner")])
def test_the_folder_that_could_not_be_entered_is_named(cwd, told):
    job = make_job(cwd=cwd, origin="/etc/jobrunner/jobs.toml")
    assert verdict(job, refused="cwd") == (State.FAILED, f"the folder {told} cannot be entered")


def test_the_job_says_which_codes_mean_success():
    job = make_job(success_codes=(3,))
    assert verdict(job, code=3) == (State.SUCCESS, "")
    assert verdict(job, code=0) == (State.FAILED, "exit 0")


@pytest.mark.parametrize(
    ("seconds", "state"), [(4.9, State.FAILED), (5, State.SUCCESS), (None, State.SUCCESS)]
)
def test_a_run_that_is_over_too_soon_has_failed(seconds, state):
    job = make_job(expect=Expect(min_duration=Duration(seconds=5)))
    took = None if seconds is None else timedelta(seconds=seconds)
    assert judged(job, code=0, duration=took).state is state


def test_a_run_that_is_over_too_soon_says_how_soon():
    job = make_job(expect=Expect(min_duration=Duration(seconds=5)))
    assert judged(job, code=0, duration=timedelta(seconds=1.23)).reason == (
        "expect.min_duration: it ended after 1.2s, before 5 seconds were over"
    )


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result(success=False, message="2 of 9 failed"), (State.FAILED, "2 of 9 failed")),
        (Result(success=False), (State.FAILED, "the job says so in $JOBRUNNER_RESULT")),
        (Result(success=True), (State.SUCCESS, "")),
        (Result(message="all well"), (State.SUCCESS, "")),
    ],
)
def test_a_job_may_say_that_it_failed(result, expected):
    assert verdict(code=0, result=result) == expected


def test_a_job_cannot_say_that_a_bad_code_was_good():
    assert verdict(code=1, result=Result(success=True)) == (State.FAILED, "exit 1")


def test_a_job_that_fails_may_say_why_in_place_of_its_code():
    said = Result(success=False, message="HTTP 503, expected 2xx")
    assert verdict(code=1, result=said) == (State.FAILED, "HTTP 503, expected 2xx")
    assert verdict(code=1, result=Result(message="3 rows")) == (State.FAILED, "exit 1")


def test_what_was_measured_is_handed_on():
    outcome = judged(
        code=0, duration=MINUTE, cpu=MINUTE / 2, max_rss=7, output_size=100, output_cut=20
    )
    assert (outcome.exit_code, outcome.signal, outcome.finished_at) == (0, None, NOON)
    assert (outcome.duration, outcome.cpu, outcome.max_rss) == (MINUTE, MINUTE / 2, 7)
    assert (outcome.output_size, outcome.output_cut) == (100, 20)


def test_what_the_job_said_is_kept_however_it_ended():
    said = Result(message="half done", data={"rows": 3})
    outcome = judged(code=143, timed_out=True, result=said)
    assert (outcome.message, from_text(outcome.result)) == ("half done", said)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({}, ""),
        ({"leftovers": 1}, "1 process could not be killed"),
        ({"notes": ("odd",), "leftovers": 2}, "odd; 2 processes could not be killed"),
    ],
)
def test_what_else_should_be_known_is_no_reason_to_fail(told, error):
    outcome = judged(code=0, **told)
    assert (outcome.state, outcome.error) == (State.SUCCESS, error)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "0"),
        (1, "1"),
        (126, "126: not executable"),
        (127, "127: command not found"),
        (128, "128"),
        (137, "137: SIGKILL or exit 137, often out of memory"),
        (139, "139: SIGSEGV or exit 139, often a bug of the program"),
        (143, "143: SIGTERM or exit 143"),
        (255, "255"),
    ],
)
def test_a_code_is_explained(code, words):
    assert explain_code(code) == words


@given(
    st.builds(
        Told,
        code=st.none() | st.integers(0, 255),
        refused=st.sampled_from(["", "cwd", "memory"]),
        failure=st.sampled_from(["", "x"]),
        keeper_lost=st.booleans(),
        timed_out=st.booleans(),
        stopped_by=st.sampled_from(["", "x"]),
        unmet=st.sampled_from([(), ("x",)]),
        result=st.sampled_from([None, Result(success=False)]),
    )
)
def test_every_end_has_a_final_state_and_all_but_success_a_reason(told):
    outcome = judge(make_job(), told, NOON)
    assert outcome.state in ENDS
    assert bool(outcome.reason) == (outcome.state is not State.SUCCESS)

"""The sentences that a watcher reads."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.actions import told
from jobrunner.engine.actions.follow import Began, Ended, Still
from jobrunner.engine.actions.told import Usual, bar
from jobrunner.model.job import Retry
from jobrunner.model.run import Attempt, State, Trigger
from jobrunner.model.value import Duration
from tests.build import NOON, make_job, make_run

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
USUAL = Usual(11 * MINUTE, 9)
JOB = make_job(retry=Retry(attempts=3), timeout=Duration(hours=2))
RUN = make_run(id=1290, scheduled_for=None, trigger=Trigger.MANUAL, asked_by="deploy", attempts=1)


def attempt(**changes):
    values = {"run": 1290, "number": 1, "state": State.RUNNING, "owner": "x", "started_at": NOON}
    return Attempt(**(values | changes))


def test_the_first_line_says_what_runs_and_why():
    line = "backup #1290, by hand (deploy), attempt 1 of 4, timeout 2h"
    assert told.began(Began(RUN, attempt()), JOB) == line


def test_what_is_not_limited_is_not_mentioned():
    assert told.began(Began(RUN, attempt()), make_job()) == "backup #1290, by hand (deploy)"


def test_an_attempt_that_failed_says_when_the_next_one_comes():
    failed = attempt(state=State.FAILED, reason="exit 1", duration=2.1 * SECOND)
    line = "exit 1 after 2.1s. Attempt 2 in 1m 00s at 12:01:00 (Ctrl-C gives up)"
    assert told.ended(Ended(RUN, failed, NOON + MINUTE), JOB, NOON) == line


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"attempts": 2, "duration": 664 * SECOND, "output_size": 22 * 1024},
            "backup #1290 succeeded on attempt 2: 11m 04s (usual 11m 00s), 22 KiB of output",
        ),
        (
            {"state": State.FAILED, "duration": 2 * SECOND, "reason": "exit 1"},
            "backup #1290 failed: 2.0s\n  exit 1",
        ),
        ({"state": State.SKIPPED, "attempts": 0, "reason": "no"}, "backup #1290 was skipped\n  no"),
    ],
)
def test_the_last_line_says_how_it_ended(changes, line):
    run = make_run(**({"id": 1290, "state": State.SUCCESS, "attempts": 1} | changes))
    assert told.over(run, USUAL) == line


@pytest.mark.parametrize("state", [state for state in State if not state.is_live])
def test_every_end_has_a_word(state):
    assert told.over(make_run(state=state), USUAL).startswith("backup #1 ")


def test_a_first_success_is_compared_with_nothing():
    run = make_run(state=State.SUCCESS, attempts=1, duration=MINUTE)
    assert told.over(run, Usual(MINUTE, 1)) == "backup #1 succeeded: 1m 00s"


def test_the_line_at_the_bottom_compares_with_what_is_usual():
    event = Still(RUN, attempt(), 18 * 1024)
    line = told.line(event, USUAL, NOON + 252 * SECOND, plain=False)
    assert line == (
        "attempt 1  4m 12s  ▕███████████▍                  ▏ 38% of the usual 11m  18 KiB out"
    )


def test_without_anything_usual_there_is_no_bar():
    event = Still(RUN, attempt(), 0)
    assert told.line(event, Usual(None), NOON + MINUTE, plain=False) == "attempt 1  1m 00s"


def test_the_number_of_the_process_comes_last():
    line = told.line(
        Still(RUN, attempt(), 2048), Usual(None), NOON + MINUTE, plain=False, pid=48211
    )
    assert line == "attempt 1  1m 00s  2 KiB out  pid 48211"


def test_between_two_attempts_it_counts_down():
    waiting = make_run(state=State.RETRYING, attempts=1, next_attempt_at=NOON + MINUTE)
    line = told.line(Still(waiting, None, 0), USUAL, NOON + 6 * SECOND, plain=False)
    assert line == "attempt 2 in 54s (Ctrl-C gives up)"


@given(st.floats(0, 3), st.booleans(), st.integers(1, 60))
def test_a_bar_is_always_as_long(share, plain, cells):
    assert len(bar(share, plain=plain, cells=cells)) == cells + 2

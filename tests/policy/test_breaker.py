"""A circuit breaker: closed, open, half open."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.breaker import Breaker
from jobrunner.model.job import BreakerRule
from jobrunner.model.result import Result, to_text
from jobrunner.model.run import Outcome, State
from jobrunner.model.value import Duration
from jobrunner.policy.breaker import Pass, Refuse, admit, settle
from tests.build import NOON

RULE = BreakerRule(after=3, cooldown=Duration(minutes=1), exclude_codes=(75,))
CLOSED = Breaker(name="api")
OPEN = Breaker(name="api", state="open", failures=3, opened_at=NOON)
PROBING = Breaker(name="api", state="half_open", failures=3, opened_at=NOON, probe=7)
LATER = NOON + timedelta(minutes=1)


def ended(state, **outcome):
    return Outcome(state=state, finished_at=LATER, **outcome)


FAILED = ended(State.FAILED, exit_code=1)


def test_enough_failures_in_a_row_open_it():
    breaker = CLOSED
    for run in (1, 2, 3):
        assert breaker.state == "closed"
        breaker = settle(RULE, breaker, run, FAILED)
    assert breaker == Breaker(name="api", state="open", failures=3, opened_at=LATER)


def test_a_success_between_failures_forgets_them():
    breaker = settle(RULE, CLOSED, 1, FAILED)
    assert settle(RULE, breaker, 2, ended(State.SUCCESS)) == CLOSED


def test_while_it_is_open_nothing_starts():
    refused = Refuse("breaker open after 3 failures in a row")
    assert admit(RULE, OPEN, 4, LATER - timedelta(microseconds=1)) == refused


def test_after_the_cooldown_one_run_is_the_probe_and_no_other_starts():
    assert admit(RULE, OPEN, 7, LATER) == Pass(PROBING)
    assert admit(RULE, PROBING, 8, LATER) == Refuse(
        "breaker open: run 7 is trying whether all is well again"
    )


def test_the_probe_may_try_again_by_its_own_retries():
    assert admit(RULE, PROBING, 7, LATER) == Pass(PROBING)


def test_a_probe_that_succeeds_closes_it():
    assert settle(RULE, PROBING, 7, ended(State.SUCCESS)) == CLOSED


def test_a_probe_that_fails_opens_it_anew():
    breaker = settle(RULE, PROBING, 7, ended(State.TIMEOUT))
    assert (breaker.state, breaker.opened_at, breaker.probe) == ("open", LATER, None)


@pytest.mark.parametrize("state", [State.STOPPED, State.LOST])
def test_a_probe_that_says_nothing_leaves_the_try_to_the_next_run(state):
    breaker = settle(RULE, PROBING, 7, ended(state))
    assert breaker == OPEN
    assert isinstance(admit(RULE, breaker, 8, LATER), Pass)


@pytest.mark.parametrize("breaker", [OPEN, PROBING])
def test_runs_that_began_before_it_opened_change_nothing(breaker):
    for outcome in (FAILED, ended(State.SUCCESS)):
        assert settle(RULE, breaker, 2, outcome) == breaker


@pytest.mark.parametrize(
    ("said", "is_counted"),
    [
        (Result(status=404), False),
        (Result(status=503), True),
        (Result(error="NotYetError"), False),
        (Result(error="ValueError"), True),
        (None, True),
    ],
)
def test_an_excluded_status_or_error_counts_as_a_success(said, is_counted):
    rule = BreakerRule(after=3, exclude_status=(404,), exclude_errors=("NotYetError",))
    failed = Outcome(state=State.FAILED, finished_at=NOON, exit_code=1, result=to_text(said))
    assert (settle(rule, Breaker(name="api"), 1, failed).failures == 1) is is_counted


def test_an_excluded_exit_code_counts_as_a_success():
    breaker = settle(RULE, CLOSED, 1, FAILED)
    assert settle(RULE, breaker, 2, ended(State.FAILED, exit_code=75)) == CLOSED


@given(st.lists(st.sampled_from([State.FAILED, State.SUCCESS, State.STOPPED, State.TIMEOUT])))
def test_it_is_open_exactly_after_so_many_failures_without_a_success(states):
    breaker, failures = CLOSED, 0
    for run, state in enumerate(states):
        if not isinstance(admit(RULE, breaker, run, NOON), Pass):
            break
        breaker = settle(RULE, breaker, run, ended(state))
        bad = state in {State.FAILED, State.TIMEOUT}
        failures = 0 if state == State.SUCCESS else failures + bad
        assert (breaker.state == "open") == (failures >= RULE.after)

"""When a failed attempt is tried again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.job import Retry
from jobrunner.model.run import Outcome, State
from jobrunner.model.value import Duration
from jobrunner.policy.retry import Again, Enough, after_attempt
from tests.build import NOON

MINUTE = Duration(minutes=1)


def follows(rule, attempt=1, state=State.FAILED, chance=0.5, last_chance=None, **outcome):
    return after_attempt(
        rule,
        Outcome(state=state, finished_at=NOON, **outcome),
        attempt,
        first_started=NOON - MINUTE,
        last_chance=last_chance,
        chance=chance,
    )


def rule(**changes):
    return Retry(**({"attempts": 3, "delay": MINUTE, "jitter": False} | changes))


@pytest.mark.parametrize(
    ("backoff", "minutes"),
    [("constant", [1, 1, 1]), ("linear", [1, 2, 3]), ("exponential", [1, 2, 4])],
)
def test_delays_grow_as_the_rule_says(backoff, minutes):
    delays = [follows(rule(backoff=backoff), attempt) for attempt in (1, 2, 3)]
    assert delays == [Again(NOON + minute * MINUTE) for minute in minutes]


def test_a_delay_never_grows_beyond_its_bound():
    bounded = rule(attempts=3000, max_delay=Duration(hours=1))
    assert follows(bounded, 2000) == Again(NOON + timedelta(hours=1))


def test_jitter_spreads_a_delay_by_a_quarter_either_way():
    ends = [follows(rule(jitter=True), chance=chance).at - NOON for chance in (0.0, 1.0)]
    assert ends == [timedelta(seconds=45), timedelta(seconds=75)]


def test_after_the_last_attempt_it_is_enough():
    assert follows(rule(), 4) == Enough("no attempt is left")


def test_a_job_without_retries_says_so():
    assert follows(Retry()) == Enough("the job has no retries")


@pytest.mark.parametrize("state", [State.LOST, State.STOPPED, State.SUCCESS])
def test_only_the_causes_that_the_rule_names_are_tried_again(state):
    assert follows(rule(), state=state) == Enough(f'"{state}" is not to be tried again')


def test_a_lost_run_is_tried_again_if_the_job_says_so():
    assert isinstance(follows(rule(on=("lost",)), state=State.LOST), Again)


def test_other_exit_codes_than_those_named_are_final():
    picky = rule(exit_codes=(75,))
    assert isinstance(follows(picky, exit_code=75), Again)
    assert follows(picky, exit_code=1) == Enough("exit code 1 is not to be tried again")


def test_no_attempt_comes_after_the_deadline_of_all():
    assert isinstance(follows(rule(deadline=2 * MINUTE)), Again)
    assert isinstance(follows(rule(deadline=Duration(seconds=119))), Enough)


def test_no_attempt_comes_after_the_window_of_the_job():
    assert isinstance(follows(rule(), last_chance=NOON + MINUTE), Again)
    assert isinstance(follows(rule(), last_chance=NOON + 0.99 * MINUTE), Enough)


@given(
    st.integers(1, 10**6),
    st.sampled_from(["constant", "linear", "exponential"]),
    st.timedeltas(timedelta(), timedelta(days=10_000)),
    st.timedeltas(timedelta(), timedelta(days=300)),
    st.floats(0, 1, exclude_max=True),
)
def test_a_delay_lies_between_nothing_and_its_bound(attempt, backoff, delay, bound, chance):
    any_rule = Retry(attempts=attempt, backoff=backoff, delay=Duration(delay.days), max_delay=bound)
    again = follows(any_rule, attempt, chance=chance)
    assert NOON <= again.at <= NOON + bound

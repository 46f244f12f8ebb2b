"""How often an outside watcher is called."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.policy.pace import MINUTE, MOST, is_called
from tests.build import NOON

SECOND = timedelta(seconds=1)


def test_starts_leave_room_for_ends():
    calls = [NOON - SECOND] * 3
    assert not is_called(calls, NOON, is_end=False, is_news=False)
    assert is_called(calls, NOON, is_end=True, is_news=False)


def test_what_is_over_a_minute_old_is_forgotten():
    assert is_called([NOON - MINUTE] * MOST, NOON, is_end=False, is_news=False)


def test_news_are_told_in_any_case():
    assert is_called([NOON] * MOST, NOON, is_end=True, is_news=True)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60))
def test_no_minute_has_more_calls_than_a_check_takes(steps):
    now, calls = NOON, []
    for seconds, is_end in steps:
        now += seconds * SECOND
        if is_called(calls[-MOST:], now, is_end=is_end, is_news=False):
            calls.append(now)
    assert all(sum(at - MINUTE < one <= at for one in calls) <= MOST for at in calls)

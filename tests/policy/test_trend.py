"""Trends: what is a rise, what is only noise, and when a limit is met."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.policy.trend import MOST, days_until, levels, pooled, split, trend

SOME_TIME = st.floats(0.001, 1e6)


def growing(days, begins=1800.0, a_day=25.0):
    return [(day, begins + a_day * day) for day in range(days)]


def test_a_steady_rise_is_found_with_its_size():
    line = trend(growing(30))
    assert (line.begins, line.ends, line.a_day) == (1800, 2525, 25)
    assert line.change == pytest.approx(0.4028, abs=0.0001)


def test_a_fall_is_one_too_and_never_meets_a_limit():
    line = trend(growing(30, a_day=-25.0))
    assert line.change < 0
    assert days_until(line, 3600) is None


def test_a_limit_is_met_where_the_line_meets_it():
    line = trend(growing(30))
    assert days_until(line, 2525 + 250) == 10
    assert days_until(line, 2525) is None


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(1, 5)],
        [(1, 5), (2, 500)],
        growing(7),
        [(day, 60) for day in range(30)],
        [(day, 60 + day % 2) for day in range(30)],
        [(day, 60 * (29 - abs(day - 15))) for day in range(31)],
        [(3, value) for value in range(1, 50)],
        growing(30, begins=10_000, a_day=1),
        [(day, 0) for day in range(30)],
    ],
)
def test_what_follows_no_line_has_none(points):
    assert trend(points) is None


def test_noise_is_not_taken_for_a_trend():
    chance = Random(7)
    found = [trend([(day, chance.lognormvariate(4, 0.3)) for day in range(30)]) for _ in range(400)]
    assert sum(line is not None for line in found) <= 4


def test_days_that_are_out_of_line_do_not_turn_it():
    points = [(day, 50_000 if day % 5 == 2 else took) for day, took in growing(30)]
    assert trend(points).change == pytest.approx(trend(growing(30)).change, rel=0.15)


def test_several_runs_of_a_day_count_as_their_median():
    days = [(day, took * times) for day, took in growing(30) for times in (0.5, 1, 40)]
    assert trend(days) == trend(growing(30))


@given(st.lists(st.tuples(st.integers(0, 400), SOME_TIME), max_size=60))
def test_a_line_begins_and_ends_above_nothing_and_is_worth_telling(points):
    line = trend(points)
    assert line is None or (min(line.begins, line.ends) > 0 and abs(line.change) >= 0.1)


@given(st.lists(st.tuples(st.integers(0, 4000), SOME_TIME), max_size=200), st.integers(1, MOST))
def test_pooling_keeps_order_and_bounds(points, most):
    found = pooled(points, most)
    days = [day for day, _ in found]
    assert len(found) <= most
    assert days == sorted(days)
    assert all(min(t for _, t in points) <= took <= max(t for _, t in points) for _, took in found)


def test_stretches_are_even_and_the_last_day_is_in_the_last_one():
    points = [(10, 1), (11, 3), (12, 5), (17, 9)]
    assert split(points, 10, 17, 4) == (2, 5, None, 9)
    assert split(points, 10, 12, 8) == (1, 3, 5)
    assert split(points, 10, 10, 8) == (1,)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([60, 60, 60], (3, 3, 3)),
        ([80, 100, None, 100, 150, 50, 200], (1, 3, None, 3, 7, 0, 7)),
        ([0, 0], (3, 3)),
        ([0, 0, 5], (3, 3, 7)),
        ([None, None], (None, None)),
        ([], ()),
    ],
)
def test_bars_stand_in_the_middle_unless_something_differs(values, expected):
    assert levels(values) == expected

"""Planned runs that meet: peaks, clashes, gaps, quieter minutes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.policy.crowd import Clash, Planned, clashes, gap, peaks, quieter

RUNS = st.lists(
    st.builds(
        lambda begins, took, job: Planned(begins, begins + took, job),
        st.integers(0, 50),
        st.integers(1, 30),
        st.sampled_from("abc"),
    ),
    max_size=12,
)


@given(RUNS)
def test_a_peak_is_what_counting_each_second_finds(runs):
    edges = [0, 10, 20, 50, 90]
    running = [sum(run.begins <= second < run.ends for run in runs) for second in range(90)]
    expected = [max(running[a:b]) for a, b in pairwise(edges)]
    assert peaks(runs, edges) == expected


def test_a_run_that_ends_as_another_begins_does_not_meet_it():
    runs = [Planned(0, 10, "a"), Planned(10, 20, "b")]
    assert peaks(runs, [0, 20]) == [1]
    assert clashes(runs, 1) == []


def test_who_is_kept_out_is_told_with_the_first_time_and_how_often():
    runs = [
        Planned(at + late, at + late + 11, job)
        for at in (0, 100)
        for late, job in ((0, "a"), (5, "b"))
    ]
    assert clashes(runs, 1) == [Clash(job="b", by="a", first=5, times=2)]


def test_who_is_kept_out_keeps_nobody_out():
    runs = [Planned(0, 10, "a"), Planned(5, 20, "b"), Planned(12, 15, "c")]
    assert [clash.job for clash in clashes(runs, 1)] == ["b"]


def test_where_there_is_room_for_several_it_has_to_be_full():
    runs = [Planned(0, 10, "a"), Planned(1, 10, "b"), Planned(2, 10, "c")]
    assert [clash.job for clash in clashes(runs, 2)] == ["c"]


def test_a_job_that_meets_itself_is_no_clash():
    assert clashes([Planned(0, 10, "a"), Planned(5, 15, "a")], 1) == []


@pytest.mark.parametrize(("begins", "expected"), [([], None), ([5], None), ([9, 0, 4], 4)])
def test_a_gap_is_the_shortest_time_between_two(begins, expected):
    assert gap(begins) == expected


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ({0: 14}, 17),
        ({0: 14, 17: 1}, 23),
        ({0: 14} | dict.fromkeys(range(1, 60), 2) | {4: 1}, 4),
    ],
)
def test_a_quieter_minute_is_the_emptiest_of_the_hour_and_no_round_one(starts, expected):
    assert quieter(0, starts) == expected


def test_after_the_last_minute_of_the_day_comes_the_first():
    assert quieter(23 * 60 + 50, {}) == 7

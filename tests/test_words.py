"""Durations and lists in words."""

from datetime import timedelta

import pytest

from jobrunner.words import listed, short, some, spell


@pytest.mark.parametrize(
    ("seconds", "long", "brief"),
    [
        (0, "0 seconds", "0.0s"),
        (0.8, "0.8 seconds", "0.8s"),
        (59, "59 seconds", "59s"),
        (60, "1 minute", "1m 00s"),
        (662, "11 minutes 2 seconds", "11m 02s"),
        (44820, "12 hours 27 minutes", "12h 27m"),
        (3600, "1 hour", "1h 00m"),
        (1296000, "2 weeks 1 day", "15d 00h"),
        (-5, "0 seconds", "0.0s"),
    ],
)
def test_a_duration_is_told_long_and_short(seconds, long, brief):
    duration = timedelta(seconds=seconds)
    assert (spell(duration), short(duration)) == (long, brief)


def test_a_list_ends_with_an_and():
    assert [listed("a"), listed("ab"), listed("abc", "or")] == ["a", "a and b", "a, b or c"]


def test_of_a_long_list_the_rest_is_counted():
    assert [some("abc", most) for most in (2, 3, 4)] == ["a, b and 1 other"] + ["a, b and c"] * 2

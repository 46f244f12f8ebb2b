"""Instants and lengths of time in the words that every surface uses."""

from datetime import timedelta

import pytest

from jobrunner.engine.report.moment import age, coming, dated, near, whole
from tests.build import NOON, UTC_ZONE

UTC = UTC_ZONE.info


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=-5), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(minutes=59), "59m"),
        (timedelta(hours=23), "23h"),
        (timedelta(days=400), "400d"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(length, text):
    assert age(length) == text


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (timedelta(seconds=-90), "due 1m ago"),
        (timedelta(), "now"),
        (timedelta(hours=2), "in 2h 00m"),
        (timedelta(days=2), "Sun 12:00"),
        (timedelta(days=9), "29 Nov 12:00"),
    ],
)
def test_what_comes_is_told_by_how_far_away_it_is(ahead, text):
    assert coming(NOON + ahead, NOON, UTC) == text


def test_an_instant_is_told_as_far_as_it_takes():
    assert near(NOON, NOON, UTC) == "12:00"
    assert near(NOON.replace(month=1, day=1, hour=0), NOON, UTC) == "1 Jan"
    assert near(NOON.replace(year=2030), NOON, UTC) == "2030-11-20 12:00"


def test_an_instant_with_its_date_has_the_year_only_if_it_is_another_one():
    assert dated(NOON, NOON, UTC) == "Fri 20 Nov 12:00"
    assert dated(NOON.replace(year=2025), NOON, UTC) == "Thu 2025-11-20 12:00"


def test_an_instant_in_full_has_its_zone():
    assert whole(NOON, UTC) == "Fri 2026-11-20 12:00 UTC"

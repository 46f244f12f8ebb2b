"""Dates and times as they are typed, at noon UTC on Friday 2026-11-20."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.draft import when
from tests.build import NOON

BERLIN = ZoneInfo("Europe/Berlin")  # 13:00 there


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("13:01", "2026-11-20T13:01:00"),
        ("13:00", "2026-11-21T13:00:00"),
        ("9:05", "2026-11-21T09:05:00"),
        ("today 9:05", "2026-11-20T09:05:00"),
        ("tomorrow 13:30", "2026-11-21T13:30:00"),
        ("2026-12-01 09:00", "2026-12-01T09:00:00"),
        ("2026-12-01T09:00:30", "2026-12-01T09:00:30"),
        ("2026-12-01T09:00Z", "2026-12-01T09:00:00+00:00"),
    ],
)
def test_a_moment_is_wall_clock_time_unless_it_says_otherwise(typed, moment):
    assert when.once(typed, NOON, BERLIN).isoformat() == moment


@pytest.mark.parametrize(
    ("reader", "typed", "advice"),
    [
        (lambda text: when.once(text, NOON, BERLIN), "2026-12-01", "says the day and no time"),
        (lambda text: when.once(text, NOON, BERLIN), "soon", "tomorrow 09:00"),
        (lambda text: when.once(text, NOON, BERLIN), "24:00", "no date that can be read"),
        (when.day_or_moment, "2026-13-01", "no date that can be read"),
        (when.daily, "9", "write "),
        (when.daily, "09:60", "write "),
    ],
)
def test_what_cannot_be_read_is_met_with_what_can(reader, typed, advice):
    with pytest.raises(ValueError, match=advice):
        reader(typed)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("2026-12-01", "2026-12-01"), ("2026-12-01 09:00", "2026-12-01T09:00:00")],
)
def test_a_border_is_a_day_or_a_moment(typed, value):
    assert when.day_or_moment(typed).isoformat() == value


@pytest.mark.parametrize(
    ("distance", "told"),
    [
        (timedelta(hours=1), "2026-11-20T14:02:00+01:00"),
        (timedelta(minutes=1), "2026-11-20T13:03:00+01:00"),
        (timedelta(seconds=10), "2026-11-20T13:02:41+01:00"),
    ],
)
def test_so_long_from_now_is_cut_to_the_minute_if_it_is_one(distance, told):
    now = NOON + timedelta(minutes=2, seconds=31, milliseconds=500)
    assert when.later(distance, now, BERLIN).isoformat() == told


def test_a_time_of_day_is_a_cron_expression():
    assert when.daily("09:05") == when.daily("9:05") == "5 9 * * *"

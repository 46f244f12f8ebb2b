"""Intervals: what they are counted from, and what they do when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.errors import UnusableError
from jobrunner.schedule.every import every
from tests.schedule.oracle import agrees_with_itself, changes, minutes, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
SEEN = datetime(2026, 1, 5, 9, 7, tzinfo=UTC)
intervals = st.one_of(
    st.sampled_from(["90s", "20m", "7m", "1h", "5h", "6h", "12h", "1d", "36h", "2d", "14d"])
).map(
    lambda text: timedelta(
        seconds=int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]
    )
)


def shown(schedule, after, number, zone=BERLIN):
    slots = []
    for _ in range(number):
        after = schedule.next_after(after)
        slots.append(after.astimezone(zone).strftime("%d %H:%M:%S"))
    return slots


def test_an_interval_that_divides_a_day_is_counted_from_midnight():
    six_hours = every(timedelta(hours=6), BERLIN, None, SEEN)
    after = datetime(2026, 7, 1, 3, tzinfo=BERLIN)
    assert shown(six_hours, after, 3) == ["01 06:00:00", "01 12:00:00", "01 18:00:00"]


def test_hours_count_real_time_over_a_change_of_clocks_and_begin_anew_at_midnight():
    six_hours = every(timedelta(hours=6), BERLIN, None, SEEN)
    spring = shown(six_hours, datetime(2026, 3, 28, 20, tzinfo=BERLIN), 4)
    assert spring == ["29 00:00:00", "29 07:00:00", "29 13:00:00", "29 19:00:00"]


def test_an_interval_that_does_not_divide_a_day_is_counted_from_first_sight():
    seven_minutes = every(timedelta(minutes=7), BERLIN, None, SEEN)
    assert shown(seven_minutes, SEEN, 2, UTC) == ["05 09:14:00", "05 09:21:00"]


def test_a_start_outranks_midnight():
    start = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
    hourly = every(timedelta(hours=1), BERLIN, start, SEEN)
    assert shown(hourly, SEEN, 2, UTC) == ["05 10:05:00", "05 11:05:00"]


def test_every_second_friday_keeps_its_wall_clock_time():
    start = datetime(2026, 3, 20, 15, tzinfo=BERLIN)
    fortnight = every(timedelta(days=14), BERLIN, start, SEEN)
    slots = list(fortnight.between(start - timedelta(1), start + timedelta(days=43)))
    assert [f"{slot.astimezone(BERLIN):%m-%d %a %H:%M}" for slot in slots] == [
        "03-20 Fri 15:00",
        "04-03 Fri 15:00",
        "04-17 Fri 15:00",
        "05-01 Fri 15:00",
    ]


def test_a_daily_time_that_a_change_of_clocks_skips_comes_right_after_it():
    daily = every(timedelta(days=1), BERLIN, datetime(2026, 3, 27, 2, 30, tzinfo=BERLIN), SEEN)
    after = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert shown(daily, after, 2) == ["29 03:00:00", "30 02:30:00"]


def test_less_than_a_second_is_refused():
    with pytest.raises(UnusableError, match="at least 1s"):
        every(timedelta(milliseconds=500), BERLIN, None, SEEN)


def test_a_year_of_seconds_is_counted_without_visiting_each():
    secondly = every(timedelta(seconds=1), BERLIN, None, SEEN)
    assert secondly.count(SEEN, SEEN + timedelta(days=365)) == 365 * 86400


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (timedelta(seconds=90), "Every 1 minute 30 seconds from midnight"),
        (timedelta(days=14), "Every 14 days at 10:07, from 2026-01-05"),
        (timedelta(minutes=7), "Every 7 minutes, counted from 2026-01-05 09:07:00 UTC"),
    ],
)
def test_an_interval_is_told_in_words(interval, words):
    assert every(interval, BERLIN, None, SEEN).describe() == words


@pytest.mark.parametrize("interval", [timedelta(minutes=1), timedelta(days=3), timedelta(hours=5)])
@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_have_no_slots_beyond(interval, year):
    schedule = every(interval, BERLIN, None, SEEN)
    edge = datetime(year, *((1, 1) if year == 1 else (12, 31, 23, 59, 59)), tzinfo=UTC)
    outward = schedule.previous_before(edge) if year == 1 else schedule.next_after(edge)
    assert outward is None


@given(changes, intervals, minutes, st.booleans())
def test_every_interval_agrees_with_itself_around_changes_of_clocks(change, interval, off, begun):
    zone, at = zone_of(change), change[1]
    schedule = every(interval, zone, at - timedelta(days=9, minutes=31) if begun else None, SEEN)
    length = min(interval * 30, timedelta(days=60))
    agrees_with_itself(schedule, at + off, at + off + length)

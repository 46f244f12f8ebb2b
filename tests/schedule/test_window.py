"""Which slots count: dates, days off and times of day, against a slow oracle."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.value import Window, Windows
from jobrunner.schedule.every import every
from jobrunner.schedule.union import Instants
from jobrunner.schedule.wall import day_of
from jobrunner.schedule.window import DaysOff, Hours, Within
from tests.build import NOON
from tests.schedule.oracle import agrees_with_itself, changes, is_kept_of, minutes, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY = every(HOUR, BERLIN, None, NOON)
OFFICE = Windows([Window(time(8), time(20))])

times = st.integers(0, 1439).map(lambda n: time(n // 60, n % 60))
windows = st.lists(st.builds(Window, times, st.one_of(st.none(), times)), min_size=1, max_size=3)
some_windows = windows.map(Windows)
intervals = st.sampled_from([timedelta(minutes=7), timedelta(minutes=30), 5 * HOUR, DAY])


class Seconds:
    """A slot each second, which can be counted but not gone through."""

    def count(self, after, until):
        return max(0, int(until.timestamp()) - int(after.timestamp()))


def test_no_slot_is_visited_to_count_a_day_of_changing_clocks():
    window = Hours(Seconds(), BERLIN, Windows([Window(time(2), time(2, 59))]))
    begin = datetime(2026, 10, 25, tzinfo=BERLIN)
    assert window.count(begin, begin + DAY - HOUR / 60) == 2 * (59 * 60 + 1)


def test_both_ends_of_a_date_window_are_included():
    window = Within(HOURLY, NOON, NOON + 2 * HOUR)
    assert list(window.between(NOON - DAY, NOON + DAY)) == [NOON, NOON + HOUR, NOON + 2 * HOUR]


def test_after_its_last_date_a_schedule_has_no_next_slot():
    assert Within(HOURLY, None, NOON).next_after(NOON) is None


def test_before_its_first_date_a_schedule_has_no_previous_slot():
    assert Within(HOURLY, NOON, None).previous_before(NOON) is None


def test_both_ends_of_a_time_of_day_window_are_included():
    slots = Hours(HOURLY, BERLIN, OFFICE).between(NOON - DAY, NOON)
    shown = [slot.astimezone(BERLIN).hour for slot in slots]
    assert shown == [*range(14, 21), *range(8, 14)]


def test_a_time_of_day_window_may_cross_midnight():
    night = Hours(HOURLY, BERLIN, Windows([Window(time(22), time(1, 30))]))
    shown = [slot.astimezone(BERLIN).hour for slot in night.between(NOON, NOON + DAY)]
    assert shown == [22, 23, 0, 1]


def test_a_time_that_is_never_inside_its_window_has_no_next_slot():
    at_three = every(DAY, BERLIN, datetime(2026, 1, 1, 3, tzinfo=BERLIN), NOON)
    assert Hours(at_three, BERLIN, OFFICE).next_after(NOON) is None


def test_the_last_day_of_the_calendar_is_no_end_of_the_program():
    late = Instants((datetime(9999, 12, 31, 12, tzinfo=UTC),))
    assert DaysOff(late, BERLIN, lambda _: True, "all days").next_after(NOON) is None


def test_windows_are_told_in_words():
    both = Hours(HOURLY, BERLIN, Windows([*OFFICE, Window(time(22), None)]))
    words = "Every 1 hour from midnight, between 08:00 and 20:00 or 22:00 and 24:00"
    assert both.describe() == words


@pytest.mark.parametrize("seconds", [1, 60])
def test_a_year_and_a_half_of_dense_slots_is_counted_quickly(seconds):
    dense = every(timedelta(seconds=seconds), BERLIN, None, NOON)
    christmas = frozenset({date(2026, 12, 25)}).__contains__
    schedule = Within(DaysOff(dense, BERLIN, christmas, ""), NOON, None)
    expected = 500 * DAY // timedelta(seconds=seconds) - 86400 // seconds
    assert schedule.count(NOON - DAY, NOON + 500 * DAY) == expected + 1


@given(changes, intervals, some_windows, minutes)
def test_times_of_day_are_those_that_clocks_show(change, interval, some, off):
    zone, begin = zone_of(change), change[1] + off
    inner = every(interval, zone, None, change[1])
    schedule = Hours(inner, zone, some)

    def is_inside(slot):
        shown = slot.astimezone(zone).time()
        return any(
            w.opens <= shown <= (w.closes or time.max)
            if w.opens <= (w.closes or time.max)
            else shown >= w.opens or shown <= w.closes
            for w in some
        )

    is_kept_of(schedule, inner, is_inside, begin, begin + 30 * interval + DAY)
    agrees_with_itself(schedule, begin, begin + 30 * interval + DAY)


@given(changes, intervals, st.frozensets(st.integers(-4, 4)), minutes)
def test_no_slot_comes_on_a_day_off(change, interval, offs, off):
    zone, begin = zone_of(change), change[1] + off
    inner = every(interval, zone, None, change[1])
    days = {change[1].date() + n * DAY for n in offs}
    schedule = DaysOff(inner, zone, days.__contains__, "")
    end = begin + 30 * interval + DAY
    is_kept_of(schedule, inner, lambda slot: day_of(slot, zone) not in days, begin, end)
    agrees_with_itself(schedule, begin, end)


@given(changes, intervals, minutes, minutes, minutes)
def test_no_slot_comes_outside_its_dates(change, interval, off, first, last):
    zone, at = zone_of(change), change[1]
    inner = every(interval, zone, None, at)
    edges = sorted([at + first, at + last])
    schedule = Within(inner, *edges)
    begin, end = at + off, at + off + 30 * interval
    is_kept_of(schedule, inner, lambda slot: edges[0] <= slot <= edges[1], begin, end)
    agrees_with_itself(schedule, begin, end)

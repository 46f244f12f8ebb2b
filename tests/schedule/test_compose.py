"""A job's keys put together: zones, windows, holidays, first sight."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.job import Calendar, Timing
from jobrunner.model.value import (
    Dates,
    Duration,
    Moment,
    Moments,
    Window,
    Windows,
    Words,
    Zone,
)
from jobrunner.schedule.compose import compose, first_instant, last_instant
from tests.build import NOON, make_job

BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))
NEW_YORK = Zone("America/New_York", ZoneInfo("America/New_York"))
DAY = timedelta(days=1)


def upcoming(number=3, seen=NOON, after=NOON, **keys):
    schedule = compose(make_job(timezone=BERLIN, **keys), seen)
    slots = []
    while len(slots) < number and (after := schedule.next_after(after)):
        assert after.tzinfo is UTC
        slots.append(after.astimezone(BERLIN.info).strftime("%a %m-%d %H:%M"))
    return slots


def test_several_expressions_are_one_schedule_and_share_no_slot():
    slots = upcoming(cron=Words(["0 14,16 * * *", "0 15,16 * * *"]))
    assert slots == ["Fri 11-20 14:00", "Fri 11-20 15:00", "Fri 11-20 16:00"]


def test_each_of_several_schedules_has_its_own_zone():
    weekdays = Timing(cron=Words(["0 7 * * 1-5"]))
    weekends = Timing(cron=Words(["0 7 * * 6,0"]), timezone=NEW_YORK)
    slots = upcoming(4, schedules=(weekdays, weekends))
    assert slots == ["Sat 11-21 13:00", "Sun 11-22 13:00", "Mon 11-23 07:00", "Tue 11-24 07:00"]


def test_an_instant_without_offset_is_meant_in_the_zone_of_the_job():
    in_utc = datetime(2026, 12, 24, 18, tzinfo=UTC)
    at = Moments([Moment(in_utc.replace(tzinfo=None)), Moment(in_utc)])
    assert upcoming(at=at) == ["Thu 12-24 18:00", "Thu 12-24 19:00"]


def test_start_and_end_are_whole_days_both_included():
    slots = upcoming(
        9,
        cron=Words(["0 0,23 * * *"]),
        start=Moment(date(2026, 12, 1)),
        end=Moment(date(2026, 12, 2)),
    )
    assert slots == ["Tue 12-01 00:00", "Tue 12-01 23:00", "Wed 12-02 00:00", "Wed 12-02 23:00"]


def test_every_second_friday_is_counted_from_its_start():
    start = Moment(datetime(2026, 11, 20, 15, tzinfo=BERLIN.info))
    slots = upcoming(every=Duration(days=14), start=start)
    assert slots == ["Fri 11-20 15:00", "Fri 12-04 15:00", "Fri 12-18 15:00"]


def test_an_interval_counted_from_the_end_of_the_last_run_has_no_slots_of_its_own():
    assert upcoming(every=Duration(hours=1), every_from="end") == []


def test_nothing_is_due_before_a_job_has_settled():
    slots = upcoming(1, every=Duration(minutes=1), initial_delay=Duration(minutes=10))
    assert slots == ["Fri 11-20 13:10"]


def test_all_filters_hold_at_once():
    slots = upcoming(
        2,
        cron=Words(["0 */2 * * *"]),
        between=Windows([Window(time(22), time(2))]),
        skip_dates=(date(2026, 11, 21),),
    )
    assert slots == ["Fri 11-20 22:00", "Sun 11-22 00:00"]


@pytest.mark.parametrize(
    ("on_holiday", "slots"),
    [
        ("skip", ["Thu 12-24 08:00", "Sat 12-26 08:00"]),
        ("next", ["Thu 12-24 08:00", "Sat 12-26 08:00", "Sun 12-27 08:00", "Mon 12-28 08:00"]),
        ("previous", ["Thu 12-24 08:00", "Sat 12-26 08:00"]),
    ],
)
def test_holidays_are_skipped_or_moved(on_holiday, slots):
    days = Dates(single=frozenset({date(2026, 12, 25)}))
    calendar = Calendar(file="days.txt", days=days)
    after = datetime(2026, 12, 23, 12, tzinfo=UTC)
    found = upcoming(
        len(slots), after=after, cron=Words(["0 8 * * *"]), calendar=calendar, on_holiday=on_holiday
    )
    assert found == slots


def test_the_holidays_of_a_country_are_known():
    calendar = Calendar(country="DE", region="BY")
    after = datetime(2027, 1, 5, 12, tzinfo=UTC)
    slots = upcoming(1, after=after, cron=Words(["0 8 * * *"]), calendar=calendar)
    assert slots == ["Thu 01-07 08:00"]


@pytest.mark.parametrize("keys", [{}, {"cron": Words(["@reboot"])}])
def test_a_job_without_instants_is_never_due(keys):
    assert upcoming(**keys) == []


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_there_is_mean_always(day):
    zone = ZoneInfo("Pacific/Kiritimati")
    assert first_instant(Moment(day), zone) <= last_instant(Moment(day), zone)
    assert last_instant(Moment(date.max), zone).year == 9999


def test_a_schedule_is_told_in_words():
    job = make_job(
        timezone=BERLIN,
        cron=Words(["30 2 * * *"]),
        skip_dates=(date(2026, 12, 25),),
        between=Windows([Window(time(2), time(4))]),
    )
    words = "At 02:30 every day, except 2026-12-25, between 02:00 and 04:00"
    assert compose(job, NOON).describe() == words


@given(
    st.sampled_from(["*/20 * * * *", "30 2 * * *", "0 */3 * * 1-5", "0 0 1 * *"]),
    st.sampled_from(["cron", "skip", "both", "utc"]),
    st.integers(-5000, 5000),
)
def test_a_window_keeps_what_is_in_it_and_nothing_else(expression, dst, off):
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    job = make_job(timezone=BERLIN, cron=Words([expression]), dst=dst)
    inner = compose(job, NOON)
    begin, end = change + off * timedelta(minutes=1), change + 4 * DAY
    window = make_job(
        timezone=BERLIN, cron=Words([expression]), dst=dst, start=Moment(begin), end=Moment(end)
    )
    slots = list(compose(window, NOON).between(change - 9 * DAY, change + 9 * DAY))
    assert slots == list(inner.between(begin - timedelta(microseconds=1), end))

"""How many slots a job has on each day, beside going through them one by one."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.report.dayplan import plan_days
from jobrunner.model.value import Duration, Words, Zone
from jobrunner.schedule.compose import compose
from jobrunner.schedule.wall import midnight
from tests.build import NOON, make_job

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
EXPRESSIONS = ("30 2 * * *", "*/20 * * * *", "0 0 1,15 * *", "5 1-3 * * 1-5", "0 3 L * *")
ZONES = ("Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC")


def planned(job, after, days, zone):
    last = (after + days * DAY).astimezone(zone).date()
    routine, others = plan_days(compose(job, after), after, last, zone)
    found = dict.fromkeys(routine.days, (routine.slots, routine.first)) if routine else {}
    return found | {each.day: (each.slots, each.first) for each in others}


def one_by_one(job, after, days, zone):
    until = midnight((after + days * DAY).astimezone(zone).date() + DAY, zone)
    slots = compose(job, after).between(after, until - timedelta(microseconds=1))
    there = [slot.astimezone(zone) for slot in slots]
    counts = Counter(slot.date() for slot in there)
    first = {slot.date(): slot.time() for slot in reversed(there)}
    return {day: (count, first[day]) for day, count in counts.items()}


@given(
    st.integers(0, 700 * 24 * 60),
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.integers(0, 31),
)
def test_it_is_as_many_as_there_are(minutes, expression, zone, shown, days):
    after = NOON - 320 * DAY + timedelta(minutes=minutes)
    job = make_job(cron=Words([expression]), timezone=Zone(zone, ZoneInfo(zone)))
    there = ZoneInfo(shown)
    assert planned(job, after, days, there) == one_by_one(job, after, days, there)


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_change_of_clocks_is_counted_with(day, expression):
    job = make_job(cron=Words([expression]), timezone=Zone("Europe/Berlin", BERLIN))
    after = datetime.combine(day, NOON.timetz())
    assert planned(job, after, 3, BERLIN) == one_by_one(job, after, 3, BERLIN)


@pytest.mark.parametrize(
    "keys",
    [
        {"every": Duration(minutes=7)},
        {"every": Duration(days=2)},
        {"cron": Words(["0 7 * * *", "*/5 8 * * *"])},
        {"cron": Words(["0 7 * * *"]), "dst": "utc"},
    ],
)
def test_other_schedules_are_counted_day_by_day(keys):
    job = make_job(**keys, timezone=Zone("Europe/Berlin", BERLIN))
    assert planned(job, NOON, 9, BERLIN) == one_by_one(job, NOON, 9, BERLIN)


def test_many_jobs_of_the_same_days_have_the_very_same_routine():
    jobs = [make_job(name=name, cron=Words(["0 7 * * *"])) for name in ("a", "b")]
    last = NOON.date() + 9 * DAY
    first, second = (plan_days(compose(job, NOON), NOON, last, UTC)[0] for job in jobs)
    assert first.days is second.days
    assert (first.slots, first.first) == (1, time(7))

"""A calendar of slots: an independent reader finds the moments at which the jobs are due."""

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config.quantity import duration
from jobrunner.config.zone import zone
from jobrunner.formats.ical import MOST, write
from jobrunner.model.value import Moment, Moments, Words
from jobrunner.schedule.compose import compose
from tests.build import NOON, make_job

MONTH = timedelta(days=30)


def job_of(**changes):
    return make_job(
        **({"cron": Words(("0 3 * * *",)), "timezone": zone("Europe/Berlin")} | changes)
    )


def events(*jobs, distance=MONTH):
    calendar = icalendar.Calendar.from_ical(write(jobs, NOON, distance).text)
    return [*calendar.walk("VEVENT")]


def remarks(**changes):
    return [one.sentence for one in write([job_of(**changes)], NOON, MONTH).remarks]


def moments(found, until):
    """What a reader of the calendar sees, rules worked out."""
    for event in found:
        start = event.decoded("DTSTART")
        rule = event.get("RRULE")
        if rule is None:
            yield start
        else:
            text = rule.to_ical().decode()
            yield from rrulestr(text, dtstart=start).between(NOON, until, inc=False)


FIELDS = st.tuples(
    st.sampled_from(["0", "*/20", "H", "5,10"]),
    st.sampled_from(["2", "8-17", "*/6"]),
    st.sampled_from(["*", "1", "L", "1-7", "*/9"]),
    st.sampled_from(["*", "12", "*/3"]),
    st.sampled_from(["*", "0", "7", "1-5", "*/2", "MON#2"]),
)


@given(FIELDS, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"]))
def test_the_moments_are_those_of_the_job(fields, name):
    job = job_of(cron=Words((" ".join(fields),)), timezone=zone(name))
    until = NOON + timedelta(days=10)
    expected = [*compose(job, NOON).between(NOON, until)][:MOST]
    found = events(job, distance=timedelta(days=10))
    assert sorted(moments(found, until + timedelta(seconds=1))) == expected


def test_in_utc_one_event_is_repeated_without_end():
    (event,) = events(job_of(timezone=zone("UTC")))
    rule = {"FREQ": ["DAILY"], "BYHOUR": [3], "BYMINUTE": [0], "BYSECOND": [0]}
    assert dict(event["RRULE"]) == rule


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"end": Moment(date(2027, 1, 1))},
        {"skip_dates": (date(2026, 12, 24),)},
        {"jitter": duration("5m")},
        {"cron": Words(("0 3 1 * 1",))},
    ],
)
def test_where_no_rule_is_exact_each_slot_is_an_event(changes):
    zones = {"timezone": zone("UTC")} if changes else {}
    found = events(job_of(**zones, **changes))
    assert len(found) > 1
    assert not any("RRULE" in event for event in found)


def test_an_event_tells_the_job():
    job = job_of(description="a, b; c\\d\ne" + "\u00e4" * 99, docs="https://x", tags=("db", "a,b"))
    event = events(job)[0]
    assert event["SUMMARY"] == "backup"
    assert event["DESCRIPTION"] == f"{job.description}\nhttps://x"
    assert event["CATEGORIES"].cats == ["db", "a,b"]


def test_no_line_is_longer_than_the_format_has_it():
    text = write([job_of(description="\u00e4" * 500)], NOON, MONTH).text
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_moments_have_one_event_each_and_one_name():
    at = Moments(
        (Moment(datetime(2026, 12, 1, 9, tzinfo=UTC)), Moment(datetime(2026, 12, 2, 9, tzinfo=UTC)))
    )
    found = events(job_of(cron=Words(), at=at))
    assert len({str(event["UID"]) for event in found}) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cron": Words(("* * * * *",))}, f"only its next {MOST} slots; the rest is left out"),
        ({"cron": Words(("@reboot",))}, "left out: it is due when the host has started"),
        ({"cron": Words()}, "left out: it has no times of its own"),
        ({"enabled": False}, "left out: it is disabled"),
        (
            {"cron": Words(), "every": duration("7m")},
            "left out: its times depend on what ran before",
        ),
    ],
)
def test_what_is_not_in_it_is_said(changes, sentence):
    assert remarks(**changes) == [sentence]

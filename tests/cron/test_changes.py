"""Changes of clocks: the schedule against Debian's cron told minute by minute."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobrunner.cron import CronError, parse
from tests.cron import clock

ZONES = [
    *("Europe/Berlin", "Europe/Dublin", "Africa/Cairo", "Africa/Casablanca", "Antarctica/Casey"),
    *("America/New_York", "America/St_Johns", "America/Caracas", "America/Sao_Paulo"),
    *("America/Havana", "America/Scoresbysund", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza"),
    *("Asia/Pyongyang", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"),
    *("Pacific/Chatham", "Pacific/Kwajalein"),
]
DAY = timedelta(days=1)


@cache
def days_of_change(name, first=1985, last=2037):
    return clock.changes(ZoneInfo(name), first, last)


def values(low, high):
    number = st.integers(low, high)
    step = st.integers(1, high)
    pair = st.tuples(number, number).map(sorted)
    return st.one_of(
        number.map(str),
        pair.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.tuples(pair, step).map(lambda both: f"{both[0][0]}-{both[0][1]}/{both[1]}"),
        st.lists(number, min_size=2, max_size=4).map(lambda some: ",".join(map(str, some))),
    )


def field(low, high):
    step = st.integers(2, high).map(lambda size: f"*/{size}")
    return st.one_of(st.just("*"), step, values(low, high))


HOUR = st.one_of(field(0, 23), values(0, 4), values(22, 23))
LINES = st.tuples(
    field(0, 59),
    HOUR,
    st.one_of(st.just("*"), field(1, 31)),
    st.one_of(st.just("*"), field(1, 12)),
    st.one_of(st.just("*"), field(0, 7)),
).map(" ".join)


def schedule_of(line, zone, **options):
    try:
        return parse(line, zone, **options)
    except CronError:
        assume(False)


@st.composite
def windows(draw):
    """A zone, and a stretch of time around one of its changes of clocks."""
    name = draw(st.sampled_from(ZONES))
    day = draw(st.sampled_from(days_of_change(name)))
    part = draw(st.sampled_from([0, 1, 30_500_000, 59_999_999]))
    after = day + timedelta(minutes=draw(st.integers(-1500, 2400)), microseconds=part)
    return ZoneInfo(name), after, after + timedelta(hours=draw(st.integers(1, 48)))


@given(LINES, windows())
@settings(max_examples=250, deadline=None)
def test_slots_are_what_debians_cron_would_start(line, window):
    zone, after, until = window
    found = schedule_of(line, zone).between(after, until)
    assert [slot.astimezone(UTC) for slot in found] == clock.fires(line, zone, after, until)


@given(LINES, windows(), st.sampled_from(["cron", "skip", "both", "utc"]))
@settings(max_examples=250, deadline=None)
def test_every_way_of_asking_gives_the_same_slots(line, window, dst):
    zone, after, until = window
    schedule = schedule_of(line, zone, dst=dst)
    slots = [slot.astimezone(UTC) for slot in schedule.between(after, until)]
    assert list(forward(schedule, after, until)) == slots
    assert list(backward(schedule, until, after))[::-1] == slots
    assert schedule.count(after, until) == len(slots)
    assert slots == sorted(set(slots))


def forward(schedule, after, until):
    while (slot := schedule.next_after(after)) and slot.astimezone(UTC) <= until:
        after = slot
        yield slot.astimezone(UTC)


def backward(schedule, until, after):
    before = until + timedelta(microseconds=1)
    while (slot := schedule.previous_before(before)) and slot.astimezone(UTC) > after:
        before = slot
        yield slot.astimezone(UTC)


@pytest.mark.parametrize("line", ["* * * * *", "0-59/3 0-23 * * *", "1-3 * * * *", "0 0-23 * * *"])
@pytest.mark.parametrize(
    ("name", "noon"),
    [
        ("America/St_Lucia", "1912-01-01"),  # 4 minutes forward
        ("Indian/Maldives", "1959-12-31"),  # 6 minutes forward
        ("Africa/Freetown", "1913-07-01"),  # 7 minutes back
        ("America/Danmarkshavn", "1996-01-01"),  # 3 hours forward
        ("Antarctica/Casey", "2018-03-10"),  # 3 hours back
        ("Antarctica/Casey", "2018-10-06"),  # 3 hours forward
        ("Antarctica/Davis", "1964-10-31"),  # 7 hours back
        ("Antarctica/Davis", "1969-02-01"),  # 7 hours forward
        ("Pacific/Apia", "2011-12-30"),  # a day forward
    ],
)
def test_small_moves_and_corrections_of_the_clock_are_told_apart_as_in_debian(line, name, noon):
    zone, middle = ZoneInfo(name), datetime.fromisoformat(f"{noon}T12:00Z")
    after, until = middle - 2 * DAY, middle + 2 * DAY
    found = [slot.astimezone(UTC) for slot in parse(line, zone).between(after, until)]
    assert found == clock.fires(line, zone, after, until)


@pytest.mark.parametrize("line", ["30 2 * * *", "*/15 * * * *"])
def test_around_its_last_change_every_zone_is_as_in_debian(line):
    wrong = []
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for day in days_of_change(name, 1990, 2026)[-1:]:
            end = day + DAY + timedelta(hours=4)
            found = [slot.astimezone(UTC) for slot in parse(line, zone).between(day, end)]
            if found != clock.fires(line, zone, day, end):
                wrong.append(name)
    assert wrong == []

"""A schedule as a value: what it is asked, at the ends of time, and what dst makes of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner.cron import parse

BERLIN = ZoneInfo("Europe/Berlin")
naive = datetime.fromisoformat
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENDS = ["0001-01-01", "0001-01-01T03:00", "9999-12-30", "9999-12-31T23:59:59.999999"]
ZONES = [UTC, BERLIN, timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))]


def slots(text, first, last, *, zone=BERLIN, **options):
    """The slots in wall-clock words, offset included, from one instant to another."""
    after = datetime.fromisoformat(first) - timedelta(seconds=1)
    found = parse(text, zone, **options).between(after, datetime.fromisoformat(last))
    return [slot.strftime("%d %H:%M%z")[:-2] for slot in found]


def test_slots_come_out_in_the_zone_of_the_schedule():
    schedule = parse("30 2 * * *", BERLIN)
    assert schedule.next_after(NOON).isoformat() == "2026-11-21T02:30:00+01:00"
    assert schedule.previous_before(NOON).isoformat() == "2026-11-20T02:30:00+01:00"


def test_two_of_the_same_are_equal_and_others_are_not():
    same = {parse("H 2 * * *", BERLIN, name="a"), parse("H 2 * * *", BERLIN, name="a")}
    others = {
        parse("H 2 * * *", BERLIN, name="b"),
        parse("H 2 * * *", UTC, name="a"),
        parse("H 2 * * *", BERLIN, name="a", dst="skip"),
    }
    assert len(same) == 1
    assert len(same | others) == 4


@pytest.mark.parametrize("ask", ["next_after", "previous_before"])
def test_a_moment_without_a_zone_is_refused(ask):
    with pytest.raises(ValueError, match="no time zone"):
        getattr(parse("* * * * *", UTC), ask)(naive("2026-01-01"))


def test_a_stretch_without_a_zone_is_refused_when_it_is_asked_for():
    with pytest.raises(ValueError, match="no time zone"):
        parse("* * * * *", UTC).between(NOON, naive("2027-01-01"))


@pytest.mark.parametrize("text", ENDS)
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("dst", ["cron", "skip", "both", "utc"])
def test_the_ends_of_time_are_no_trouble(text, zone, dst):
    schedule = parse("30 2 * * *", zone, dst=dst)
    moment = naive(text)
    early = moment.year < 1900
    for asked in ZONES:
        at = moment.replace(tzinfo=asked)
        assert (schedule.next_after(at) is None) != early
        assert (schedule.previous_before(at) is None) == early
        assert schedule.count(at, at) == len(list(schedule.between(at, at))) == 0


def test_a_stretch_that_ends_before_it_begins_is_empty():
    schedule = parse("* * * * *", BERLIN)
    assert schedule.count(NOON, NOON - timedelta(days=3)) == 0
    assert list(schedule.between(NOON, NOON - timedelta(days=3))) == []


@given(st.datetimes(naive("1950-01-01"), naive("2100-01-01"), timezones=st.just(UTC)))
@settings(max_examples=100, deadline=None)
def test_microseconds_neither_lose_nor_repeat_a_slot(moment):
    schedule = parse("*/7 * * * * *", BERLIN)
    following = schedule.next_after(moment)
    last = schedule.previous_before(moment + timedelta(microseconds=1))
    assert schedule.previous_before(following).timestamp() == last.timestamp()
    assert last.astimezone(UTC) <= moment < following.astimezone(UTC)


@given(
    st.datetimes(naive("1995-01-01"), naive("2060-01-01"), timezones=st.just(UTC)),
    st.sampled_from(["0 0 29 2 *", "*/7 1 * * 5L", "30 2 LW * *", "15 2,3 * 3,10 7", "@hourly"]),
    st.sampled_from(["cron", "skip", "both", "utc"]),
)
@settings(max_examples=150, deadline=None)
def test_what_comes_before_the_next_slot_is_the_one_before(moment, text, dst):
    schedule = parse(text, BERLIN, dst=dst)
    following = schedule.next_after(moment)
    last = schedule.previous_before(following)
    assert last.astimezone(UTC) <= moment < following.astimezone(UTC)
    assert schedule.next_after(last).timestamp() == following.timestamp()


@pytest.mark.parametrize("half", ["2026-10-25T00:30:00.5", "2026-10-25T01:30:00.999999"])
def test_half_a_second_in_a_repeated_hour_is_no_trouble(half):
    moment = naive(half).replace(tzinfo=UTC)
    schedule = parse("30 * * * *", BERLIN)
    stamps = [schedule.previous_before(moment).timestamp(), schedule.next_after(moment).timestamp()]
    assert [stamp // 3600 for stamp in stamps] == [
        moment.timestamp() // 3600 + step for step in (0, 1)
    ]


SPRING = ("2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00")
AUTUMN = ("2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00")


@pytest.mark.parametrize(
    ("text", "dst", "night", "wanted"),
    [
        ("30 2 * * *", "cron", SPRING, ["29 03:00+02"]),
        ("30 2 * * *", "skip", SPRING, []),
        ("30 2 * * *", "both", SPRING, ["29 03:00+02"]),
        ("30 2 * * *", "utc", SPRING, ["29 04:30+02"]),
        ("0,30 2-3 * * *", "cron", SPRING, ["29 03:00+02", "29 03:30+02"]),
        ("0,30 2-3 * * *", "skip", SPRING, ["29 03:00+02", "29 03:30+02"]),
        ("*/30 2 * * *", "cron", SPRING, []),
        ("*/30 2 * * *", "both", SPRING, ["29 03:00+02"]),
        ("30 2 * * *", "cron", AUTUMN, ["25 02:30+02"]),
        ("30 2 * * *", "skip", AUTUMN, ["25 02:30+02"]),
        ("30 2 * * *", "both", AUTUMN, ["25 02:30+02", "25 02:30+01"]),
        ("30 2 * * *", "utc", AUTUMN, ["25 03:30+01"]),
        (
            "*/30 2 * * *",
            "cron",
            AUTUMN,
            [*("25 02:00+02", "25 02:30+02"), *("25 02:00+01", "25 02:30+01")],
        ),
        ("*/30 2 * * *", "skip", AUTUMN, ["25 02:00+02", "25 02:30+02"]),
        ("0 30 2 * * *", "cron", SPRING, []),
        ("0 30 2 * * *", "cron", AUTUMN, ["25 02:30+02", "25 02:30+01"]),
    ],
)
def test_dst_says_what_a_change_of_clocks_does(text, dst, night, wanted):
    assert slots(text, *night, dst=dst) == wanted


@pytest.mark.parametrize(
    ("text", "zone", "day", "wanted"),
    [
        ("0 12 * * *", "Pacific/Apia", "2011-12-30", ["29 12:00-10", "31 12:00+14"]),
        ("0 12 * * *", "Pacific/Kwajalein", "1993-08-21", ["20 12:00-12", "22 12:00+12"]),
        ("10 2 * * *", "Australia/Lord_Howe", "2026-10-03", ["04 02:30+11", "05 02:10+11"]),
        ("0 0 * * *", "America/Sao_Paulo", "2018-11-04", ["04 01:00-02", "05 00:00-02"]),
        ("30 23 * * *", "America/St_Johns", "2006-10-29", ["28 23:30-02", "29 23:30-03"]),
    ],
)
def test_odd_changes_of_clocks_follow_the_same_rule(text, zone, day, wanted):
    noon = datetime.fromisoformat(f"{day}T12:00Z")
    around = (str(noon + timedelta(hours=hours)) for hours in (-18, 30))
    assert slots(text, *around, zone=ZoneInfo(zone)) == wanted


def test_a_rule_for_changes_of_clocks_that_is_unknown_is_refused():
    with pytest.raises(ValueError, match="dst 'never' is not one of cron, skip, both, utc"):
        parse("* * * * *", UTC, dst="never")


def test_fields_that_are_read_in_utc_are_told_so():
    assert parse("30 2 * * *", BERLIN, dst="utc").describe() == "At 02:30 every day in UTC"


def test_slots_of_a_repeated_hour_are_told_apart_by_their_fold():
    after = datetime.fromisoformat("2026-10-25T00:30:00+02:00")
    found = islice(parse("30 * * * *", BERLIN).between(after, NOON), 3)
    assert [(slot.hour, slot.fold) for slot in found] == [(1, 0), (2, 0), (2, 1)]


@pytest.mark.parametrize(
    ("text", "days", "number"),
    [("* * * * *", 500, 500 * 1440), ("* * * * * *", 365, 365 * 86400)],
)
def test_counting_a_year_takes_no_longer_than_a_day(text, days, number):
    schedule = parse(text, BERLIN)
    started = perf_counter()
    assert schedule.count(NOON, NOON + timedelta(days=days)) == number
    # The promise is 50 ms; this machine may be doing ten other things.
    assert perf_counter() - started < 0.5


@given(
    st.sampled_from(
        ["*/9 * * * *", "5 1-3 * * 0", "*/20 */5 2 * * *", "30 2 15W * MON", "0 0 L * *"]
    ),
    st.datetimes(naive("2000-01-01"), naive("2037-01-01"), timezones=st.just(UTC)),
    st.integers(0, 300),
    st.sampled_from(["cron", "skip", "both", "utc"]),
)
@settings(max_examples=100, deadline=None)
def test_a_count_is_the_number_of_slots(text, after, days, dst):
    schedule = parse(text, ZoneInfo("America/New_York"), dst=dst)
    until = after + timedelta(days=days, seconds=17)
    assert schedule.count(after, until) == sum(1 for _ in schedule.between(after, until))


def test_threads_that_share_a_schedule_do_not_disturb_each_other():
    schedule = parse("0 0 29 2 *", BERLIN)
    moments = [NOON + timedelta(days=days) for days in range(0, 4000, 7)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(schedule.next_after, moments))
    assert found == [schedule.next_after(moment) for moment in moments]

"""Days: L, LW, 15W, 5L and MON#2 against the leaves of a calendar."""

from calendar import monthcalendar
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobrunner.cron import CronError, parse
from jobrunner.cron.step import reaches_far
from tests.cron.clock import numbers

DAY = timedelta(days=1)
MONDAY_FIRST = ["1", "2", "3", "4", "5", "6", "0"]


def leaf(year, month):
    """The days of a month as columns: a list of its Mondays, of its Tuesdays, and so on."""
    weeks = monthcalendar(year, month)
    return [[week[column] for week in weeks if week[column]] for column in range(7)]


def workdays(year, month):
    return sorted(day for column in leaf(year, month)[:5] for day in column)


def meant_by_day(part, day):
    everything = sorted(chain.from_iterable(leaf(day.year, day.month)))
    if part == "L":
        return day.day == everything[-1]
    if part == "LW":
        return day.day == workdays(day.year, day.month)[-1]
    if part.endswith("W"):
        wanted = int(part[:-1])
        nearest = min(workdays(day.year, day.month), key=lambda one: abs(one - wanted))
        return wanted in everything and day.day == nearest
    return day.day in numbers(part, 1, 31)


def meant_by_weekday(part, day):
    columns = dict(zip(MONDAY_FIRST, leaf(day.year, day.month), strict=True))
    if part.endswith("L"):
        return day.day == columns[str(int(part[0]) % 7)][-1]
    if "#" in part:
        weekday, nth = part.split("#")
        return columns[str(int(weekday) % 7)][int(nth) - 1 : int(nth)] == [day.day]
    return day.isoweekday() % 7 in {number % 7 for number in numbers(part, 0, 7)}


def meant(fields, day):
    days, months, weekdays = fields
    on_day = any(meant_by_day(part, day) for part in days.replace("?", "*").split(","))
    on_weekday = any(meant_by_weekday(part, day) for part in weekdays.replace("?", "*").split(","))
    both = days[0] in "*?" or weekdays[0] in "*?"
    in_month = day.month in numbers(months, 1, 12)
    return in_month and (on_day and on_weekday if both else on_day or on_weekday)


NUMBER = st.integers(1, 31).map(str)
DAYS = st.one_of(
    st.sampled_from(["*", "?", "*/2", "*/10", "L", "LW", "L,1", "LW,L", "31", "29-31"]),
    st.lists(NUMBER, min_size=1, max_size=3).map(",".join),
    st.lists(NUMBER.map("{}W".format), min_size=1, max_size=3).map(",".join),
)
MONTHS = st.one_of(st.just("*"), st.sampled_from(["2", "2,4", "*/3", "jan-mar", "12"]))
WEEKDAY = st.integers(0, 7).map(str)
WEEKDAYS = st.one_of(
    st.sampled_from(["*", "?", "*/2", "*/7", "mon-fri", "sat,sun", "5,1L", "3#1,3#3"]),
    WEEKDAY,
    WEEKDAY.map("{}L".format),
    st.tuples(WEEKDAY, st.integers(1, 5)).map(lambda both: f"{both[0]}#{both[1]}"),
)
FIELDS = st.tuples(DAYS, MONTHS, WEEKDAYS)


def brute_force(fields, first, last):
    days = (first + step * DAY for step in range((last - first).days + 1))
    return [day for day in days if meant(fields, day)]


@given(FIELDS, st.dates(date(1903, 1, 1), date(2190, 1, 1)))
@settings(max_examples=150, deadline=None)
def test_days_are_those_of_the_calendar(fields, first):
    last = first + timedelta(days=500)
    wanted = brute_force(fields, first, last)
    try:
        schedule = parse("0 0 " + " ".join(fields), UTC)
    except CronError:
        assert wanted == []
        return
    after, until = midnight(first) - DAY, midnight(last)
    assert [slot.date() for slot in schedule.between(after, until)] == wanted
    assert [slot.date() for slot in backward(schedule, until + DAY, after)] == wanted[::-1]


@given(FIELDS, st.integers(1970, 2098), st.sampled_from(["{}", "{}-2099/3", "{},2050"]))
@settings(max_examples=60, deadline=None)
def test_a_year_field_keeps_to_its_years(fields, year, text):
    text = text.format(year)
    wanted = [day.year for day in brute_force(fields, date(year, 1, 1), date(year, 12, 31))]
    try:
        schedule = parse(f"0 0 0 {' '.join(fields)} {text}", UTC)
    except CronError:
        assume(wanted)
    slots = list(schedule.between(midnight(date(year - 1, 1, 1)), midnight(date(year + 4, 1, 1))))
    assert {slot.year for slot in slots} <= numbers(text, 1970, 2099)
    assert sum(slot.year == year for slot in slots) == len(wanted)


def midnight(day):
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def backward(schedule, before, after):
    while (before := schedule.previous_before(before)) and before > after:
        yield before


@pytest.mark.parametrize(
    ("text", "after", "slot"),
    [
        ("0 0 1W * *", "2026-07-31", "2026-08-03"),
        ("0 0 31W * *", "2026-08-01", "2026-08-31"),
        ("0 0 31W * *", "2026-05-01", "2026-05-29"),
        ("0 0 LW * *", "2026-01-31", "2026-02-27"),
        ("0 0 * * 5L", "2026-01-30", "2026-02-27"),
        ("0 0 * * MON#5", "2026-01-01", "2026-03-30"),
        ("0 0 29 2 */7", "2026-01-01", "2032-02-29"),
        ("0 0 29 2 */7", "2088-03-01", "2128-02-29"),
        ("0 0 1 1 ?", "2026-01-01", "2027-01-01"),
        ("0 0 0 1 1 * 2030,2040", "2031-06-01", "2040-01-01"),
        ("0 0 1-7 * MON", "2026-06-07", "2026-06-08"),
        ("0 0 */2 * MON", "2026-06-01", "2026-06-15"),
    ],
)
def test_the_next_day_of_a_form_is_the_one_a_calendar_shows(text, after, slot):
    found = parse(text, UTC).next_after(datetime.fromisoformat(f"{after}T00:00Z"))
    assert found == datetime.fromisoformat(f"{slot}T00:00Z")


def test_the_last_day_of_an_earlier_year_is_found():
    found = parse("0 0 0 31 12 * 2030,2040", UTC).previous_before(midnight(date(2039, 6, 1)))
    assert found == midnight(date(2030, 12, 31))


@pytest.mark.parametrize(
    "fields",
    ["30 2 *", "31 4,6,9,11 *", "30W 2 *", "LW * */6", "*/31 * 5L", "*/30 2 1#5", "L 3 */9"],
)
def test_what_never_comes_due_is_refused(fields):
    if brute_force(fields.split(), date(2001, 1, 1), date(2040, 12, 31)):
        assert parse(f"0 0 {fields}", UTC)
    else:
        with pytest.raises(CronError, match="never comes due"):
            parse(f"0 0 {fields}", UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "*/5 9-17 * * 1-5",
        "30 0 3 ? * SUN",
        "@weekly",
        "@daily",
        "H H * * 1,3",
        "0 3 * * 0",
    ],
)
def test_an_expression_that_does_not_reach_far_has_a_slot_in_every_week(expression):
    assert not reaches_far(expression)
    schedule, moment = parse(expression, UTC, name="a"), datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(60):
        found = schedule.next_after(moment)
        assert found - moment <= timedelta(days=7)
        moment = found + DAY / 2


@pytest.mark.parametrize(
    "expression",
    [
        "0 3 1 * *",
        "0 3 * 2 *",
        "0 3 LW * *",
        "0 3 * * 5L",
        "0 3 * * MON#2",
        "0 0 3 L * *",
        "@monthly",
    ],
)
def test_what_may_have_no_slot_for_weeks_reaches_far(expression):
    assert reaches_far(expression)

"""Slots on holidays: left out, or moved to a business day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.value import Dates
from jobrunner.schedule.every import every
from jobrunner.schedule.holiday import Moved
from jobrunner.schedule.union import Instants
from jobrunner.schedule.wall import day_of, instant
from tests.schedule.oracle import agrees_with_itself, changes, minutes, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
# Good Friday to Easter Monday, with the change of clocks a week before.
EASTER = Dates(frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
NO_SUCH_DAY = ("Pacific/Apia", date(2011, 12, 30))
DAILY = every(DAY, BERLIN, datetime(2026, 1, 1, 9, tzinfo=BERLIN), datetime(2026, 1, 1, tzinfo=UTC))


def days(schedule, first, last):
    slots = schedule.between(
        datetime.combine(first, datetime.min.time(), BERLIN),
        datetime.combine(last, datetime.min.time(), BERLIN),
    )
    return [f"{slot.astimezone(BERLIN):%a %d %H:%M}" for slot in slots]


def test_a_slot_on_a_holiday_comes_at_the_same_time_of_the_next_business_day():
    moved = Moved(DAILY, BERLIN, EASTER, "next")
    assert days(moved, date(2026, 4, 2), date(2026, 4, 8)) == [
        "Thu 02 09:00",
        "Sat 04 09:00",
        "Sun 05 09:00",
        "Tue 07 09:00",
    ]


def test_a_slot_on_a_holiday_may_come_on_the_business_day_before():
    easter = Instants((datetime(2026, 4, 6, 9, 30, tzinfo=BERLIN).astimezone(UTC),))
    moved = Moved(easter, BERLIN, EASTER, "previous")
    assert days(moved, date(2026, 3, 1), date(2026, 5, 1)) == ["Thu 02 09:30"]


def test_a_slot_that_is_moved_far_is_found_from_far_away():
    easter = Instants((datetime(2026, 4, 3, 9, tzinfo=BERLIN).astimezone(UTC),))
    moved = Moved(easter, BERLIN, EASTER, "next")
    found = datetime(2026, 4, 7, 9, tzinfo=BERLIN).astimezone(UTC)
    assert moved.next_after(datetime(2016, 1, 1, tzinfo=UTC)) == found
    assert moved.previous_before(datetime(2036, 1, 1, tzinfo=UTC)) == found


@pytest.mark.parametrize("to", ["next", "previous"])
def test_a_year_of_nothing_but_holidays_has_no_slot(to):
    always = Dates(yearly=frozenset((m, d) for m in range(1, 13) for d in range(1, 32)))
    moved = Moved(DAILY, BERLIN, always, to)
    assert moved.next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None


class Asked:
    """A slot each second; it counts how often it is asked."""

    def __init__(self):
        self.times = 0

    def next_after(self, moment):
        self.times += 1
        return moment.replace(microsecond=0) + timedelta(seconds=1)

    def previous_before(self, moment):
        self.times += 1
        return (moment - timedelta(microseconds=1)).replace(microsecond=0)


@pytest.mark.parametrize("holiday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_moving_from_a_day_of_changing_clocks_asks_for_few_slots(holiday):
    asked = Asked()
    moved = Moved(asked, BERLIN, Dates(frozenset({holiday})), "next")
    noon = datetime.combine(holiday + DAY, time(12), BERLIN).astimezone(UTC)
    assert moved.next_after(noon) == noon + timedelta(seconds=1)
    assert moved.previous_before(noon) == noon - timedelta(seconds=1)
    assert asked.times < 20


@given(
    changes,
    st.sampled_from([timedelta(minutes=50), timedelta(hours=5), DAY]),
    st.frozensets(st.integers(-6, 6)),
    minutes,
    st.sampled_from(["next", "previous"]),
)
def test_moved_slots_are_those_of_a_slow_oracle(change, interval, offs, off, to):
    zone, begin = zone_of(change), change[1] + off
    holidays = Dates(frozenset(change[1].date() + n * DAY for n in offs))
    inner = every(interval, zone, None, change[1])
    schedule = Moved(inner, zone, holidays, to)
    end = begin + min(30 * interval + DAY, 9 * DAY)

    def carried(slot):
        day = source = day_of(slot, zone)
        while source in holidays and (
            day.weekday() > 4 or day in holidays or (zone.key, day) == NO_SUCH_DAY
        ):
            day += DAY if to == "next" else -DAY
        if day == source:
            return slot
        return instant(datetime.combine(day, slot.astimezone(zone).time()), zone)

    far = timedelta(days=20)
    all_slots = {carried(slot) for slot in inner.between(begin - far, end + far)}
    expected = sorted(slot for slot in all_slots if begin < slot <= end)
    assert list(schedule.between(begin, end)) == expected
    agrees_with_itself(schedule, begin, end)

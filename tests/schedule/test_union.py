"""Several schedules as one."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.schedule.every import every
from jobrunner.schedule.union import Instants, Union
from tests.build import NOON
from tests.schedule.oracle import agrees_with_itself, changes, minutes, zone_of

HOUR = timedelta(hours=1)
NOONS = Instants((NOON, NOON + 3 * HOUR))
lengths = st.sampled_from([7, 20, 60, 300]).map(lambda n: timedelta(minutes=n))


def test_an_instant_that_two_parts_share_is_one_slot():
    union = Union((NOONS, Instants((NOON + HOUR, NOON + 3 * HOUR))))
    assert list(union.between(NOON - HOUR, NOON + 9 * HOUR)) == [
        NOON,
        NOON + HOUR,
        NOON + 3 * HOUR,
    ]


def test_a_schedule_without_parts_is_never_due():
    assert Union(()).next_after(NOON) is None
    assert Union(()).count(NOON, NOON + HOUR) == 0
    assert Union(()).describe() == "By hand only"


def test_a_union_is_told_in_words():
    hourly = every(HOUR, NOON.tzinfo, None, NOON)
    once = "once at 2026-11-20 12:00:00 UTC and 2026-11-20 15:00:00 UTC"
    assert Union((hourly, NOONS)).describe() == f"Every 1 hour from midnight; {once}"


@given(changes, st.lists(lengths, max_size=3), st.lists(minutes, max_size=5), minutes)
def test_a_union_has_the_slots_of_all_its_parts(change, intervals, instants, off):
    zone, begin = zone_of(change), change[1] + off
    parts = [every(interval, zone, None, begin) for interval in intervals]
    parts.append(Instants(tuple(sorted({change[1] + minute for minute in instants}))))
    end = begin + timedelta(days=1)
    union = Union(tuple(parts))
    expected = sorted({slot for part in parts for slot in part.between(begin, end)})
    assert list(union.between(begin, end)) == expected
    agrees_with_itself(union, begin, end)

"""On which day of a zone slots ended."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.report.daysum import EPOCH, day_sums
from jobrunner.model.run import State
from jobrunner.store.row import DAY, micros

BERLIN = ZoneInfo("Europe/Berlin")
LATE = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # 00:30 of the next day in Berlin
DAY_BEFORE = (LATE.date() - EPOCH).days


def tally(slots, day=DAY_BEFORE):
    return (day, "backup", State.SUCCESS, slots)


def row(at, slots=1):
    return (micros(at), "backup", State.SUCCESS, slots)


def test_a_slot_counts_on_the_day_that_the_zone_had():
    sums = day_sums([tally(1)], [row(LATE)], BERLIN)
    assert sums == {(date(2026, 11, 20), "backup"): {State.SUCCESS: 1}}


def test_where_rows_are_gone_the_day_of_utc_stays_as_it_was_counted():
    sums = day_sums([tally(5)], [row(LATE)], BERLIN)
    assert sums == {(date(2026, 11, 19), "backup"): {State.SUCCESS: 5}}


@given(
    st.lists(st.tuples(st.integers(0, 5 * 24 * 60), st.integers(1, 3), st.booleans())),
    st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "UTC"]),
)
def test_every_slot_counts_once(rows, zone):
    tallies, kept = {}, []
    for minutes, slots, is_kept in rows:
        at = LATE + timedelta(minutes=minutes)
        day = micros(at) // DAY
        tallies[day] = tallies.get(day, 0) + slots
        kept += [row(at, slots)] if is_kept else []
    told = [tally(slots, day) for day, slots in tallies.items()]
    sums = day_sums(told, kept, ZoneInfo(zone))
    counted = sum(sum(states.values()) for states in sums.values())
    assert counted == sum(tallies.values())

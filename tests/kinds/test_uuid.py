"""A run's name for the world outside."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.kinds.uuid import run_uuid
from tests.build import NOON

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them naive


@given(MOMENTS, st.text(), st.integers(0, 2**63))
def test_it_is_a_uuid_of_version_7_that_tells_its_time(moment, instance, run):
    found = UUID(run_uuid(moment, instance, run))
    assert (found.version, found.variant) == (7, RFC_4122)
    seconds = timedelta(milliseconds=found.int >> 80)
    assert timedelta() <= moment - datetime.fromtimestamp(0, UTC) - seconds < timedelta(seconds=1)


def test_every_attempt_comes_to_the_same_one_and_every_run_to_another():
    assert run_uuid(NOON, "a", 1) == run_uuid(NOON, "a", 1)
    assert len({run_uuid(NOON, instance, run) for instance in "ab" for run in range(500)}) == 1000


def test_later_runs_sort_behind_earlier_ones():
    moments = [NOON + timedelta(milliseconds=n) for n in range(100)]
    found = [run_uuid(moment, "a", n) for n, moment in enumerate(moments)]
    assert found == sorted(found)

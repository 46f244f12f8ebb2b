"""Jitter: deterministic, spread out, and within its span."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.schedule.jitter import jitter
from tests.build import NOON

MINUTE = timedelta(minutes=1)


def test_the_delay_of_a_slot_is_the_same_on_every_host_and_python():
    assert jitter(MINUTE, "backup", NOON, "") == timedelta(seconds=56, milliseconds=754)


def test_a_fleet_spreads_over_the_whole_span():
    delays = [jitter(MINUTE, "backup", NOON, f"host{n}") for n in range(600)]
    tenths = [sum(delay // timedelta(seconds=6) == n for delay in delays) for n in range(10)]
    assert min(tenths) > 30


@given(st.timedeltas(timedelta(), timedelta(days=1)), st.text(), st.text())
def test_a_delay_lies_within_its_span(span, job, host):
    assert timedelta() <= jitter(span, job, NOON, host) <= span


def test_jobs_slots_and_hosts_are_not_run_together():
    assert jitter(MINUTE, "a", "bc") != jitter(MINUTE, "ab", "c")

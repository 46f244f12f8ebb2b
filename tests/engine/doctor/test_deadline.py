"""Timeouts: missing ones are suggested from what runs took."""

from datetime import timedelta

import pytest

from jobrunner.engine.doctor.deadline import suggested
from jobrunner.model.run import State
from tests.build import NOON
from tests.engine.report.ledger import DAY, ran

NONE = '[jobs.a]\ncron = "@daily"\ncommand = "true"\n[jobs.b]\ncommand = "true"\n'


def test_with_timeouts_all_is_well(clinic):
    assert clinic.found("timeout") == [("ok", "every job has a timeout")]


def test_without_runs_an_hour_is_suggested(clinic):
    clinic.write(NONE)
    found = clinic.worst("timeout")
    assert (found.severity, found.fix) == ("warning", 'timeout = "1h" in [defaults]')
    assert found.message.startswith("a, b: no timeout; none has run yet")


def test_the_longest_run_says_how_much(clinic):
    clinic.write(NONE)
    store = clinic.store()
    ran(store, "a", State.SUCCESS, NOON - DAY, timedelta(minutes=14, seconds=2))
    store.close()
    found = clinic.worst("timeout")
    assert "longest run 14m 02s" in found.message
    assert found.fix == 'timeout = "1h" in [defaults]'


def test_of_one_job_its_table_is_named(clinic):
    clinic.write(NONE)
    assert clinic.worst("timeout", job="b").fix == 'timeout = "1h" in [jobs.b]'


@pytest.mark.parametrize(
    ("longest", "minutes"), [(None, 60), (1, 5), (14, 60), (200, 720), (20000, 60000)]
)
def test_what_is_suggested_is_round_and_roomy(longest, minutes):
    took = longest and timedelta(minutes=longest)
    assert suggested(took) == timedelta(minutes=minutes)

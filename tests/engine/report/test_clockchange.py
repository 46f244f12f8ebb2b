"""What the next change of clocks does to a job."""

from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.report.clockchange import clock_change
from jobrunner.model.value import Duration, Words, Zone
from tests.build import NOON, UTC_ZONE, make_job
from tests.engine.report.ledger import DAY

BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))
SUMMER = NOON + 200 * DAY


def note(expression, now=NOON, **keys):
    job = make_job(**({"cron": Words([expression]), "timezone": BERLIN} | keys))
    return clock_change(job, now)


def test_a_time_that_is_skipped_says_when_it_runs_instead():
    assert note("30 2 * * *") == (
        "Sun 2027-03-28: 02:30 does not exist that day, runs at 03:00 CEST"
    )


def test_a_time_that_is_skipped_for_good_says_so():
    assert note("30 2 * * *", dst="skip").endswith("does not exist that day, does not run")


def test_a_time_that_comes_twice_says_that_it_runs_once():
    assert note("30 2 * * *", SUMMER) == (
        "Sun 2027-10-31: 02:30 comes twice that day, runs once, at 02:30 CEST"
    )


def test_a_time_that_comes_twice_may_run_twice():
    assert note("30 2 * * *", SUMMER, dst="both").endswith("comes twice that day, runs twice")


def test_the_first_change_that_does_something_is_told():
    assert note("30 2 * 10 *").startswith("Sun 2027-10-31: ")


@pytest.mark.parametrize("expression", ["0 7 * * *", "30 2 * * 1-5", "*/5 * * * *"])
def test_a_job_that_no_change_touches_says_nothing(expression):
    assert note(expression) == ""


@pytest.mark.parametrize(
    "keys",
    [{"dst": "utc"}, {"timezone": UTC_ZONE}, {"enabled": False}],
)
def test_nor_does_one_to_which_clocks_mean_nothing(keys):
    assert note("30 2 * * *", **keys) == ""


def test_an_interval_keeps_real_time_and_says_nothing():
    assert clock_change(make_job(every=Duration(minutes=30), timezone=BERLIN), NOON) == ""

"""One job over time."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.report.chart import METRICS, DaySum, see_chart
from jobrunner.model.result import Result, to_text
from jobrunner.model.run import State
from jobrunner.model.value import Duration, Zone
from tests.build import NOON, make_job
from tests.engine.report.ledger import DAY, HOUR, MINUTE, queued, ran, started

JOB = make_job(timeout=Duration(hours=1))
BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))


def chart(store, job=JOB):
    return see_chart(store, "backup", job, NOON, UTC)


def test_the_last_runs_are_told_oldest_first(store):
    ran(store, "backup", State.SUCCESS, NOON - 3 * HOUR, took=MINUTE)
    ran(store, "backup", State.FAILED, NOON - HOUR, took=2 * MINUTE, exit_code=1)
    found = chart(store).took
    assert [(one.state, one.seconds) for one in found] == [("success", 60), ("failed", 120)]
    assert found[1].began_at == NOON - HOUR - 2 * MINUTE


def test_what_has_not_ended_took_nothing_yet(store):
    started(store, queued(store, "backup"), NOON)
    assert chart(store).took == ()


def test_usual_times_and_the_timeout_are_lines(store):
    for _ in range(3):
        ran(store, "backup", State.SUCCESS, took=10 * MINUTE)
    found = chart(store)
    assert found.p50_seconds == pytest.approx(600, rel=0.05)
    assert found.timeout_seconds == 3600


def test_a_job_that_is_declared_no_more_has_a_past_all_the_same(store):
    ran(store, "backup", State.SUCCESS)
    found = chart(store, None)
    assert (len(found.took), found.timeout_seconds) == (1, None)


def test_each_day_of_the_year_tells_how_it_went(store):
    ran(store, "backup", State.SUCCESS, NOON - DAY)
    ran(store, "backup", State.FAILED, NOON - DAY + HOUR, exit_code=1)
    ran(store, "backup", State.SUCCESS, NOON - 365 * DAY)
    ran(store, "backup", State.SUCCESS, NOON - 366 * DAY)
    found = chart(store)
    assert found.last == date(2026, 11, 20)
    assert found.days == {
        date(2025, 11, 20): DaySum(runs=1, failed=0, idle=0),
        date(2026, 11, 19): DaySum(runs=2, failed=1, idle=0),
    }


def test_a_night_counts_on_the_day_that_it_has_where_the_job_lives(store):
    ran(store, "backup", State.SUCCESS, NOON - timedelta(hours=12, minutes=30))
    job = make_job(timezone=BERLIN)
    assert [*chart(store, job).days] == [date(2026, 11, 20)]
    assert [*chart(store).days] == [date(2026, 11, 19)]


def test_what_runs_measured_is_told_by_name(store):
    for value in (3.5, 4.5):
        text = to_text(Result(metrics={"rows": value}))
        ran(store, "backup", State.SUCCESS, result=text)
    assert chart(store).metrics["rows"] == (3.5, 4.5)


def test_a_job_that_makes_up_names_has_few_metrics(store):
    for number in range(3):
        told = {f"n{number * 20 + each}": 1.0 for each in range(20)} | {"rows": 1.0}
        ran(store, "backup", State.SUCCESS, result=to_text(Result(metrics=told)))
    found = chart(store).metrics
    assert (len(found), len(found["rows"])) == (METRICS, 3)

"""Runs as rows of the history."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec import json

from jobrunner.engine.past.rows import Wanted, row, runs
from jobrunner.model.job import Retry
from jobrunner.model.run import State, Trigger
from jobrunner.model.value import Zone
from tests.build import NOON, make_job, make_run
from tests.store.life import HOUR, ended, queue

BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))
MINUTE = timedelta(minutes=1)


def test_times_have_the_offset_of_the_job():
    found = json.decode(json.encode(row(make_run(), make_job(timezone=BERLIN))))
    assert found["scheduled_for"] == "2026-11-20T13:00:00+01:00"


def test_a_job_that_is_declared_no_more_is_told_in_another_zone():
    found = row(make_run(), None, BERLIN.info)
    assert (found.created_at.tzname(), found.max_attempts) == ("CET", None)


def test_durations_are_seconds_and_attempts_are_told_with_how_many_there_may_be():
    run = make_run(duration=timedelta(minutes=1.5), cpu=timedelta(milliseconds=20), attempts=2)
    found = row(run, make_job(retry=Retry(attempts=3)))
    assert (found.duration_seconds, found.cpu_seconds) == (90.0, 0.02)
    assert (found.attempts, found.max_attempts) == (2, 4)


@pytest.mark.parametrize(
    ("result", "data"),
    [
        ("", None),
        ('{"message": "well"}', None),
        ('{"data": {"rows": [1, null]}}', {"rows": [1, None]}),
        ('{"data": 0}', 0),
        ("[1]", None),
        ("{", None),
        ('{"data":' + "[" * 100_000, None),
    ],
)
def test_data_is_what_the_job_left_and_nothing_where_that_cannot_be_read(result, data):
    assert row(make_run(result=result)).data == data


def test_metrics_are_the_figures_that_the_job_left():
    assert row(make_run(result='{"metrics": {"rows": 42}}')).metrics == {"rows": 42}
    assert row(make_run(result="{")).metrics == {}


def test_runs_of_several_jobs_come_newest_first_page_by_page(store):
    for minute in range(6):
        queue(store, "backup" if minute % 2 else "report", NOON + minute * MINUTE)
    found = runs(store, Wanted(jobs=("report", "backup", "report")), at_once=2)
    assert [run.created_at for run in found] == [NOON + n * MINUTE for n in (5, 4, 3, 2, 1, 0)]


def test_without_names_every_job_is_told_and_with_an_empty_list_none(store):
    queue(store, "backup")
    queue(store, "report")
    assert len([*runs(store, Wanted())]) == 2
    assert [*runs(store, Wanted(jobs=()))] == []


def test_states_triggers_and_times_choose(store):
    ended(store, State.FAILED)
    ended(store, State.SUCCESS, now=NOON + HOUR, at=NOON + 2 * HOUR)
    assert [run.state for run in runs(store, Wanted(states=(State.FAILED,)))] == [State.FAILED]
    assert [run.state for run in runs(store, Wanted(since=NOON + HOUR))] == [State.SUCCESS]
    assert [run.state for run in runs(store, Wanted(until=NOON + HOUR))] == [State.FAILED]
    assert [*runs(store, Wanted(trigger=Trigger.API))] == []

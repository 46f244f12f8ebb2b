"""What runs came to: counts, percentiles, growth."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from jobrunner.engine.figures import stats
from jobrunner.engine.figures.stats import see_stats
from jobrunner.model.decision import Omit
from jobrunner.model.run import State
from jobrunner.store.value import Keep, Retention
from tests.build import NOON, FakeClock, make_job
from tests.engine.report.ledger import DAY, HOUR, MINUTE, ran
from tests.store.life import look, seen

MONTH = NOON - 30 * DAY


def one(here, names=("backup",), since=MONTH):
    (found,) = see_stats(here, names, since, NOON)
    return found


def grown(here, days=30, begins=31, a_day=0.5, name="backup"):
    for day in range(days):
        took = begins * MINUTE + day * a_day * MINUTE
        ran(here.store, name, State.SUCCESS, NOON - (days - 1 - day) * DAY, took)


@pytest.fixture
def here(scene_of):
    return scene_of(make_job(timeout=HOUR))


def test_every_end_is_counted(here):
    for state in (State.SUCCESS, State.SUCCESS, State.FAILED, State.TIMEOUT, State.LOST):
        ran(here.store, "backup", state, cpu=MINUTE)
    seen(here.store, "backup")
    omit = Omit(state=State.MISSED, first=NOON + MINUTE, last=NOON + HOUR, count=60, reason="x")
    here.store.claim([look(omit)], owner="me", host="", now=NOON + HOUR)
    found = one(here)
    assert (found.runs, found.success, found.failed, found.timeout, found.lost) == (5, 2, 1, 1, 1)
    assert (found.missed, found.success_percent, found.cpu_seconds) == (60, 40, 300)


def test_percentiles_are_exact_and_of_successes(here):
    for minutes in range(1, 101):
        ran(here.store, "backup", State.SUCCESS, took=minutes * MINUTE)
    ran(here.store, "backup", State.TIMEOUT, took=90 * HOUR)
    found = one(here)
    assert (found.p50_seconds, found.p95_seconds, found.max_seconds) == (3000, 5700, 6000)
    assert found.exact


def test_of_pruned_runs_percentiles_are_near_and_said_to_be(here):
    grown(here, a_day=0)
    keep = Retention(usual=Keep(5, 365 * DAY))
    assert sum(step.removed for step in here.store.prune(keep, NOON, FakeClock())) == 25
    found = one(here)
    assert (found.runs, found.exact) == (30, False)
    assert found.p50_seconds == pytest.approx(31 * 60, rel=0.045)


def test_too_many_runs_are_not_gone_through(here, monkeypatch):
    monkeypatch.setattr(stats, "MOST_RUNS", 3)
    grown(here, days=4)
    assert not one(here).exact


def test_a_job_that_grows_is_told_with_the_day_it_meets_its_timeout(here):
    grown(here)
    found = one(here)
    assert (found.change_percent, found.change_days, found.change_of) == (46.8, 30, "p50")
    assert found.timeout_on == date(2026, 12, 19)


def test_growth_outlives_the_runs_that_showed_it(here):
    grown(here)
    list(here.store.prune(Retention(usual=Keep(5, 365 * DAY)), NOON, FakeClock()))
    found = one(here)
    assert (found.change_percent, found.change_of) == (46.8, "mean")


def test_a_timeout_that_is_years_away_is_not_told(scene_of):
    here = scene_of(make_job(timeout=900 * HOUR))
    grown(here)
    found = one(here)
    assert (found.change_percent, found.timeout_on) == (46.8, None)


def test_without_a_change_nothing_is_claimed(here):
    grown(here, days=5)
    found = one(here)
    assert (found.change_percent, found.change_of, found.timeout_on) == (None, None, None)


def test_stretches_without_a_success_are_left_open(here):
    ran(here.store, "backup", State.SUCCESS, MONTH, 2 * MINUTE)
    ran(here.store, "backup", State.SUCCESS, NOON, 4 * MINUTE)
    assert one(here).recent_seconds == (120, *[None] * 6, 240)


def test_jobs_come_as_in_the_file_then_those_that_are_gone(scene_of):
    here = scene_of(*(make_job(name=name) for name in ("z", "never", "a")))
    for name in ("gone", "a", "z"):
        ran(here.store, name, State.SUCCESS)
    assert [found.job for found in see_stats(here, [], MONTH, NOON)] == ["z", "a", "gone"]


def test_a_job_that_is_asked_for_is_told_though_it_never_ran(here):
    found = one(here)
    assert (found.runs, found.success_percent, found.p50_seconds) == (0, None, None)
    assert found.recent_seconds == (None,) * 8


def test_one_job_is_told_as_among_all(here):
    grown(here, name="other")
    grown(here, begins=5)
    everything = see_stats(here, [], MONTH, NOON)
    assert see_stats(here, ["other", "backup"], MONTH, NOON) == everything[::-1]


def test_the_time_begins_with_a_day(here):
    ran(here.store, "backup", State.SUCCESS, NOON - 3 * DAY - HOUR)
    assert one(here, since=NOON - 3 * DAY).runs == 1
    assert one(here, since=NOON - 2 * DAY).runs == 0
    assert replace(one(here), since=MONTH.date()) == one(here)


def test_a_run_that_began_long_before_only_costs_exactness(here):
    ran(here.store, "backup", State.SUCCESS, NOON, timedelta(days=40))
    found = one(here, since=NOON - DAY)
    assert (found.runs, found.exact) == (1, False)

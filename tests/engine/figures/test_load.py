"""The time ahead: the map, what meets, full minutes."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.figures import load
from jobrunner.engine.figures.load import Weekday, see_load
from jobrunner.model.run import State
from jobrunner.model.settings import Settings
from jobrunner.model.value import Duration, Words
from tests.build import NOON, make_job
from tests.engine.report.ledger import DAY, HOUR, MINUTE, ran

WEEK = 7 * DAY


def cron(name, expression, **more):
    return make_job(name=name, cron=Words((expression,)), **more)


def seen(here, within=WEEK, zone=UTC):
    return see_load(here, NOON, within, zone, "UTC")


def of(found, day):
    return next(one for one in found.weekdays if one.name == day).hours


def test_a_run_is_in_every_hour_that_it_usually_goes_on(scene_of):
    here = scene_of(cron("long", "30 2 * * 1"), cron("short", "0 3 * * 1"))
    ran(here.store, "long", State.SUCCESS, took=2 * HOUR)
    found = seen(here)
    assert of(found, "Mon")[:6] == (0, 0, 1, 2, 1, 0)
    assert of(found, "Tue") == (0,) * 24
    assert found.unmeasured == ("short",)


def test_the_map_is_in_the_hours_of_the_zone(scene_of):
    found = seen(scene_of(cron("a", "30 2 * * 1")), zone=ZoneInfo("Asia/Kathmandu"))
    assert [hour for hour, most in enumerate(of(found, "Mon")) if most] == [8]


def test_hours_that_are_not_looked_at_are_unknown(scene_of):
    found = seen(scene_of(cron("a", "* * * * *")), within=2 * HOUR)
    assert of(found, "Fri") == (*[None] * 12, 1, 1, *[None] * 10)
    assert found.weekdays[0] == Weekday("Mon", (None,) * 24)


def test_many_starts_at_once_show_in_the_minute_of_the_hour(scene_of):
    found = seen(scene_of(cron("a", "0 1 * * *"), cron("b", "0 * * * *"), cron("c", "5 1 * * *")))
    assert (found.minutes[0], found.minutes[5], found.minutes[6]) == (2, 1, 0)


def test_a_job_that_takes_longer_than_to_its_next_slot_is_tight(scene_of):
    here = scene_of(cron("sync", "*/5 * * * *"), cron("fine", "*/10 * * * *"))
    for name in ("sync", "fine"):
        ran(here.store, name, State.SUCCESS, took=6 * MINUTE)
    (tight,) = seen(here).tight
    assert (tight.job, tight.gap_seconds, tight.overlap) == ("sync", 300, "skip")
    assert tight.usual_seconds == pytest.approx(360, rel=0.045)


@pytest.mark.parametrize(("overlap", "waits"), [("skip", False), ("queue", True)])
def test_jobs_that_share_a_lock_meet(scene_of, overlap, waits):
    here = scene_of(
        cron("backup", "30 2 * * *", lock="db"),
        cron("verify", "35 2 * * *", lock="db", overlap=overlap),
        cron("other", "35 2 * * *"),
    )
    ran(here.store, "backup", State.SUCCESS, took=11 * MINUTE)
    (met,) = seen(here).meetings
    assert (met.job, met.by, met.over, met.times) == ("verify", "backup", 'lock "db"', 7)
    assert (met.first_at, met.waits) == (NOON + timedelta(hours=14, minutes=35), waits)


def test_a_pool_is_full_only_when_it_is(scene_of):
    jobs = [cron(name, "30 2 * * *", pool="db") for name in "abc"]
    assert seen(scene_of(*jobs, pools={"db": 3})).meetings == ()


def test_more_at_once_than_the_host_runs_is_told(scene_of):
    jobs = [cron(name, "30 2 * * *") for name in "abc"]
    here = scene_of(*jobs, settings=Settings(max_parallel=2))
    (met,) = seen(here).meetings
    assert (met.over, met.job, met.waits) == ("max_parallel", "c", True)


def test_a_full_minute_comes_with_a_quieter_one(scene_of):
    jobs = [cron(f"n{number}", "0 0 * * *") for number in range(5)]
    (crowd,) = seen(scene_of(*jobs, cron("x", "17 0 * * *"))).crowds
    assert (crowd.minute, len(crowd.jobs), crowd.quieter) == ("00:00", 5, "00:23")


def test_a_minute_that_every_hour_has_is_told_once(scene_of):
    jobs = [cron(f"n{number}", "0 * * * *") for number in range(5)]
    midnight = cron("x", "0 0 * * *")
    found = seen(scene_of(*jobs, midnight)).crowds
    assert [(crowd.minute, len(crowd.jobs)) for crowd in found] == [("00:00", 6)]


def test_where_every_minute_is_full_none_is(scene_of):
    jobs = [cron(f"n{number}", "* * * * *") for number in range(5)]
    assert seen(scene_of(*jobs), within=DAY).crowds == ()


def test_what_has_no_slots_is_left_out(scene_of):
    found = seen(scene_of(cron("off", "* * * * *", enabled=False), make_job(name="by-hand")))
    assert (found.slots, found.unmeasured, found.steady) == (0, (), ())


def test_jobs_with_too_many_slots_count_as_always_running(scene_of, monkeypatch):
    monkeypatch.setattr(load, "MOST_SLOTS", 1000)
    quick = make_job(name="quick", every=Duration(seconds=10))
    found = seen(scene_of(quick, cron("a", "30 2 * * *")))
    assert (found.steady, found.slots) == (("quick",), 7)
    assert of(found, "Mon")[:4] == (1, 1, 2, 1)


def test_jitter_spreads_starts(scene_of):
    jobs = [cron(f"n{number}", "0 0 * * *", jitter=Duration(minutes=50)) for number in range(6)]
    assert seen(scene_of(*jobs)).crowds == ()


@pytest.mark.parametrize("within", [WEEK + 2 * HOUR, 4 * WEEK])
def test_a_repeated_hour_and_a_skipped_one_are_no_trouble(scene_of, within):
    here = scene_of(cron("a", "0 * * * *"))
    zone = ZoneInfo("Europe/Berlin")
    found = see_load(here, NOON.replace(month=10, minute=30), within, zone, "Berlin")
    assert {most for day in found.weekdays for most in day.hours} == {1}

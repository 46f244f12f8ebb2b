"""The days of a month: what was, and what is to come."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.report.calendar import FEW, SHOWN, see_calendar
from jobrunner.engine.report.chart import DaySum
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State as Folder
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.model.settings import Config
from jobrunner.model.value import Words
from tests.build import NOON, make_job
from tests.engine.report.ledger import DAY, HOUR, failed, ran, seen

DAILY = make_job(cron=Words(["0 7 * * *"]))
DENSE = make_job(name="ping", cron=Words(["* * * * *"]))
TODAY = NOON.date()
MANY = [make_job(name=f"job{number}", cron=Words(["0 7 * * *"])) for number in range(FEW + 1)]


@pytest.fixture
def look(store, tmp_path):
    def look(*jobs, first=TODAY, last=None, zone=UTC, **wanted):
        config = Config(origin="jobs.toml", jobs={job.name: job for job in jobs})
        scene = Scene(config=config, state=Folder(str(tmp_path)), store=store)
        found = see_calendar(scene, NOON, first, last or first, zone, **wanted)
        return found if last else found.days[0]

    return look


def test_a_day_tells_what_became_of_its_slots(store, look):
    ran(store, "backup", State.SUCCESS)
    failed(store, "backup")
    found = look(DAILY)
    assert found.past == found.jobs[0].past == DaySum(runs=2, failed=1, idle=0)


def test_slots_to_come_are_told_with_the_first(look):
    found = look(DAILY, DENSE, first=TODAY + DAY)
    assert [(one.job, one.slots, one.first_at.hour) for one in found.jobs] == [
        ("backup", 1, 7),
        ("ping", 1440, 0),
    ]
    assert found.slots == 1441


def test_of_today_only_what_is_left_is_to_come(look):
    found = look(DAILY, DENSE)
    assert [(one.job, one.slots) for one in found.jobs] == [("ping", 719)]


def test_a_month_has_all_its_days(look):
    found = look(DAILY, first=date(2026, 11, 1), last=date(2026, 11, 30))
    assert [day.slots for day in found.days] == [0] * 20 + [1] * 10


def test_a_night_is_told_on_its_own_day(store, look):
    ran(store, "backup", State.SUCCESS, NOON - timedelta(hours=12, minutes=30))
    found = look(DAILY, first=TODAY - DAY, last=TODAY, zone=ZoneInfo("Europe/Berlin"))
    assert [day.past.runs for day in found.days] == [0, 1]
    assert found.are_local


def test_pauses_have_no_slots_and_the_time_after_them_has(store, look):
    store.pause("backup", Pause(by="me", since=NOON, until=NOON + 2 * DAY))
    found = look(DAILY, make_job(name="off", enabled=False), last=TODAY + 3 * DAY)
    assert [day.slots for day in found.days] == [0, 0, 0, 1]


def test_of_many_jobs_those_that_went_wrong_are_told_first(store, look):
    for job in MANY:
        ran(store, job.name, State.SUCCESS)
        seen(store, job)
    failed(store, "job7")
    found = look(*MANY)
    assert [one.job for one in found.jobs] == ["job7"]
    assert found.past == DaySum(runs=FEW + 2, failed=1, idle=0)


def test_of_many_jobs_a_few_are_told_and_the_others_counted(look):
    found = look(*MANY, first=TODAY + DAY)
    assert (len(found.jobs), found.more) == (SHOWN, FEW + 1 - SHOWN)


@pytest.mark.parametrize("wanted", [{"sees": "backup".__eq__}, {"only": "backup"}])
def test_other_jobs_are_not_told_where_only_some_are_wanted(store, look, wanted):
    failed(store, "ping")
    ran(store, "backup", State.SUCCESS, NOON - HOUR)
    found = look(DAILY, DENSE, **wanted)
    assert ([one.job for one in found.jobs], found.past.failed, found.slots) == (["backup"], 0, 0)


def test_many_that_are_seen_count_by_themselves(store, look):
    for job in ("job1", "secret"):
        failed(store, job)
    found = look(*MANY, make_job(name="secret"), sees=lambda job: job != "secret")
    assert (found.past.failed, [one.job for one in found.jobs]) == (1, ["job1"])

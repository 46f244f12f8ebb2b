"""Whether all is well on a host."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from select import select

import pytest

from jobrunner.engine.doorbell import Doorbell
from jobrunner.engine.report.facts import facts
from jobrunner.engine.report.look import see_host, supervisor_of
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State as Folder
from jobrunner.engine.state import prepare
from jobrunner.model.breaker import Breaker
from jobrunner.model.job import BreakerRule
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.model.settings import Config
from jobrunner.model.value import Words
from tests.build import NOON, make_job
from tests.engine.report.ledger import DAY, HOUR, MINUTE, failed, queued, ran, seen, started

HOURLY = make_job(name="backup", cron=Words(["0 * * * *"]))
BY_HAND = make_job(name="reindex")
LONGEST = 2 * MINUTE


@pytest.fixture
def look(store, tmp_path):
    def look(*jobs, supervisor="asleep", problem=""):
        config = Config(origin="jobs.toml", jobs={job.name: job for job in jobs})
        scene = Scene(config=config, state=Folder(str(tmp_path)), store=store)
        return see_host(scene, NOON, supervisor=supervisor, problem=problem)

    return look


def tick(store, *ages):
    for age in ages:
        store.note_tick("web-1", NOON - age, LONGEST)


def test_all_is_well_while_ticks_come_and_nothing_fails(store, look):
    tick(store, timedelta(seconds=31))
    found = look(HOURLY)
    assert (found.healthy, found.tick_age_seconds, found.failing) == (True, 31, ())


@pytest.mark.parametrize("ages", [(), (10 * MINUTE,)])
def test_without_ticks_nothing_that_is_planned_is_well(store, look, ages):
    tick(store, *ages)
    assert not look(HOURLY).healthy


def test_jobs_by_hand_need_no_ticks(look):
    assert look(BY_HAND).healthy


@pytest.mark.parametrize("changes", [{"supervisor": "silent"}, {"problem": "2 errors"}])
def test_a_silent_supervisor_or_a_broken_file_is_not_well(look, changes):
    assert not look(BY_HAND, **changes).healthy


def test_a_failing_job_says_since_when_and_what_its_last_success_was(store, look):
    ran(store, "backup", State.SUCCESS, NOON - 5 * HOUR, took=10 * MINUTE)
    failed(store, "backup", times=2)
    (found,) = look(HOURLY).failing
    assert (found.consecutive_failures, found.failing_since) == (2, NOON - 2 * HOUR)
    assert found.last_success_at == NOON - 5 * HOUR
    assert found.usual_seconds == pytest.approx(600, rel=0.05)


def test_jobs_with_most_failures_come_first(store, look):
    failed(store, "reindex")
    failed(store, "backup", times=3)
    assert [job.name for job in look(BY_HAND, HOURLY).failing] == ["backup", "reindex"]


def test_a_job_that_is_held_still_or_gone_does_not_count_as_failing(store, look):
    for name in ("backup", "reindex", "gone"):
        failed(store, name)
    store.pause("backup", Pause(by="deploy", since=NOON - HOUR))
    found = look(HOURLY, make_job(name="reindex", enabled=False))
    assert (found.failing, found.paused) == ((), ("backup",))


def test_long_pauses_between_ticks_are_told_and_a_single_missing_tick_is_not(store, look):
    soon_after = 8 * HOUR - timedelta(seconds=150)
    tick(store, 2 * DAY, 9 * HOUR, 8 * HOUR, soon_after, MINUTE)
    gaps = [(NOON - gap.since, NOON - gap.until) for gap in look(HOURLY).gaps]
    assert gaps == [(2 * DAY, 9 * HOUR), (9 * HOUR, 8 * HOUR), (soon_after, MINUTE)]


def test_a_tick_of_a_clock_that_was_ahead_is_a_tick(store, look):
    tick(store, -5 * MINUTE)
    assert look(HOURLY).tick_age_seconds == 0


def test_runs_that_go_on_are_counted_and_the_next_one_named(store, look):
    tick(store, MINUTE)
    seen(store, HOURLY, NOON - MINUTE)
    started(store, queued(store, "reindex"), NOON)
    queued(store, "reindex")
    queued(store, "backup")
    found = look(HOURLY, BY_HAND)
    assert (found.running, found.queued) == (1, 2)
    assert (found.next_job, found.next_run_at) == ("backup", NOON)


def test_a_shared_breaker_is_told_once_with_all_who_wait(store, look):
    rule = BreakerRule(name="db")
    closed = Breaker(name="db")
    store.move_breaker(closed, Breaker(name="db", state="open", failures=5, opened_at=NOON))
    jobs = [make_job(name=name, breaker=rule) for name in ("a", "b")]
    (found,) = look(*jobs).breakers
    assert (found.state, found.failures, found.until) == ("open", 5, NOON + MINUTE)
    assert found.jobs == ("a", "b")


def test_the_ledger_is_asked_for_failing_jobs_only(store):
    failed(store, "backup")
    assert set(facts(store, ["backup"], 1).latest) == {"backup"}


@pytest.fixture
def bell(tmp_path):
    state = Folder(str(tmp_path / "state"))
    prepare(state)
    with closing(Doorbell(state)) as bell:
        yield state, bell


def test_a_supervisor_that_does_not_answer_is_silent(bell):
    assert supervisor_of(bell[0], patience=0.05) == "silent"


def test_a_supervisor_that_answers_is_awake(bell):
    state, door = bell
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(supervisor_of, state)
        while not door.answer("awake"):
            select([door], [], [], 10)
        assert told.result() == "awake"


def test_where_nobody_hangs_a_bell_the_supervisor_is_asleep(tmp_path):
    state = Folder(str(tmp_path / "state"))
    prepare(state)
    assert supervisor_of(state) == "asleep"

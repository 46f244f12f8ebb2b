"""The jobs and how they are."""

from datetime import UTC, datetime

import pytest

from jobrunner.engine.report.facts import Facts, facts
from jobrunner.engine.report.overview import overview
from jobrunner.model.breaker import Breaker
from jobrunner.model.job import BreakerRule
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.model.value import Duration, Moment, Words
from jobrunner.store.value import EVERY_JOB, Health, Mark
from tests.build import NOON, make_job, make_run
from tests.engine.report.ledger import DAY, HOUR, MINUTE, ended, failed, queued, ran, seen, started
from tests.schedule.test_compose import BERLIN

HOURLY = make_job(name="backup", cron=Words(["0 * * * *"]))
PAUSE = Pause(by="deploy", reason="maintenance", since=NOON - HOUR, until=NOON + HOUR)


def row(job, known=None, **options):
    (found,) = overview([job], known or Facts(), NOON, words=options.get("words", False))
    return found


def told(store, job):
    return row(job, facts(store, [job.name], 10))


def mark(job, **changes):
    values = {"looked_at": NOON - HOUR, "first_seen_at": NOON - DAY, "next_at": NOON + MINUTE}
    return {(job.name, ""): Mark(job=job.name, **(values | changes))}


def test_a_job_that_no_tick_has_seen_is_planned_from_now():
    assert (row(HOURLY).status, row(HOURLY).next_run_at) == ("never", NOON + HOUR)


def test_what_the_last_look_found_is_the_next_slot(store):
    job = make_job(every=Duration(minutes=7))
    seen(store, job, NOON - 3 * MINUTE)
    assert told(store, job).next_run_at == NOON + 4 * MINUTE


def test_a_changed_schedule_is_planned_anew():
    known = Facts(marks=mark(HOURLY, schedule="another one"))
    assert row(HOURLY, known).next_run_at == NOON + HOUR


def test_a_slot_that_no_tick_has_seen_to_stays_the_next_one(store):
    seen(store, HOURLY, NOON - 3 * HOUR)
    assert told(store, HOURLY).next_run_at == NOON - 2 * HOUR


def test_times_have_the_offset_of_the_job():
    assert row(make_job(cron=Words(["0 7 * * *"]), timezone=BERLIN)).next_run_at.isoformat() == (
        "2026-11-21T07:00:00+01:00"
    )


def test_a_live_run_outranks_a_newer_slot_that_was_skipped():
    skipped = make_run(id=2, state=State.SKIPPED)
    running = make_run(id=1, state=State.RUNNING, started_at=NOON)
    found = row(HOURLY, Facts(current={"backup": running}, latest={"backup": [skipped, running]}))
    assert (found.status, found.last_run.id) == ("running", 1)
    assert found.recent == (State.RUNNING, State.SKIPPED)


def test_queued_running_and_retrying_come_from_the_live_runs(store):
    run = queued(store, "backup", NOON - HOUR)
    statuses = [told(store, HOURLY).status]
    run = started(store, run, NOON - HOUR)
    statuses.append(told(store, HOURLY).status)
    ended(store, run, State.FAILED, NOON - MINUTE, retry_at=NOON + MINUTE)
    assert [*statuses, told(store, HOURLY).status] == ["queued", "running", "retrying"]


def test_of_several_live_runs_the_running_one_is_told(store):
    started(store, queued(store, "backup", NOON - HOUR), NOON - HOUR)
    queued(store, "backup", NOON)
    assert told(store, HOURLY).status == "running"


def test_the_last_results_are_told_oldest_first(store):
    ran(store, "backup", State.SUCCESS, NOON - 2 * HOUR)
    ran(store, "backup", State.TIMEOUT, NOON - HOUR, took=30 * MINUTE)
    found = told(store, HOURLY)
    assert found.recent == (State.SUCCESS, State.TIMEOUT)
    assert (found.status, found.last_run.duration_seconds) == ("timeout", 1800)


def test_failures_in_a_row_are_counted(store):
    failed(store, "backup", times=2)
    found = told(store, HOURLY)
    assert (found.consecutive_failures, found.failing_since) == (2, NOON - 2 * HOUR)


@pytest.mark.parametrize("held", ["backup", EVERY_JOB])
def test_a_pause_of_the_job_or_of_all_is_told_with_who_and_why(store, held):
    store.pause(held, PAUSE)
    found = told(store, HOURLY)
    assert (found.status, found.paused, found.paused_until) == ("paused", True, NOON + HOUR)
    assert (found.paused_by, found.paused_reason) == ("deploy", "maintenance")


def test_a_pause_that_is_over_is_none():
    over = Pause(by="deploy", since=NOON - DAY, until=NOON - HOUR)
    found = row(HOURLY, Facts(health={"backup": Health(pause=over)}))
    assert (found.status, found.paused, found.paused_by) == ("never", False, None)


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ({"enabled": False, "cron": Words(["0 * * * *"])}, "disabled"),
        ({"cron": Words(["0 * * * *"]), "end": Moment(NOON)}, "ended"),
        ({"at": (Moment(datetime(2026, 1, 1, tzinfo=UTC)),)}, "ended"),
        ({"cron": Words(["@reboot"])}, "never"),
        ({"after": ("other",)}, "never"),
        ({}, "never"),
    ],
)
def test_a_job_without_a_slot_to_come_says_what_it_is(keys, status):
    found = row(make_job(**keys))
    assert (found.status, found.next_run_at) == (status, None)


@pytest.mark.parametrize(
    ("keys", "schedule"),
    [
        ({}, "by hand"),
        ({"cron": Words(["0 * * * *", "30 2 * * *"])}, "0 * * * *; 30 2 * * *"),
        ({"every": Duration(seconds=90)}, "every 1m30s"),
        ({"after": ("a", "b")}, "after a, b"),
        ({"at": (Moment(datetime(2026, 12, 24, 8, tzinfo=UTC)),)}, "at 2026-12-24 08:00+00:00"),
    ],
)
def test_a_schedule_is_told_as_its_keys_say_it(keys, schedule):
    assert row(make_job(**keys)).schedule == schedule


def test_the_schedule_in_words_is_made_only_if_asked_for():
    assert row(HOURLY).schedule_text is None
    assert row(HOURLY, words=True).schedule_text == "At minute 0 of every hour"


def test_an_open_breaker_says_until_when():
    job = make_job(breaker=BreakerRule(name="db", cooldown=Duration(minutes=5)))
    opened = Breaker(name="db", state="open", failures=5, opened_at=NOON)
    found = row(job, Facts(breakers={"db": opened}))
    assert (found.breaker, found.breaker_until) == ("open", NOON + 5 * MINUTE)


def test_a_breaker_that_never_moved_is_closed_and_a_job_without_one_has_none():
    assert row(make_job(breaker=BreakerRule())).breaker == "closed"
    assert row(make_job()).breaker is None


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("PGPASSWORD=hunter2 pg_dump app", "PGPASSWORD=******* pg_dump app"),
        (("sync", "--token=hunter2", "a b"), "sync --token=******* 'a b'"),
        ("curl https://me:hunter2@example.com", "curl https://me:***@example.com"),
        (None, None),
    ],
)
def test_a_command_is_told_without_its_passwords(command, shown):
    assert row(make_job(command=command)).command == shown

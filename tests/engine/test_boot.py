"""`@reboot`: one run after each start of the host, whoever looks and however often."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from jobrunner.engine.boot import age, booted_at, see_to_boot
from jobrunner.engine.crew import Crew
from jobrunner.engine.lobby import Lobby
from jobrunner.model.job import Timing
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.process import birth
from jobrunner.store.value import RunFilter
from tests.build import NOON, FakeClock, make_job
from tests.engine.workplace import CLOCK, a_post

JOBS = (
    make_job(name="boot", cron=("@reboot",)),
    make_job(name="both", schedules=(Timing(cron=("0 5 * * *",)), Timing(cron=("@reboot",)))),
    make_job(name="off", cron=("@reboot",), enabled=False),
    make_job(name="daily", cron=("0 5 * * *",)),
)


@pytest.fixture
def post(tmp_path, monkeypatch):
    start(monkeypatch, NOON - timedelta(minutes=1))
    with a_post(tmp_path, *JOBS, clock=FakeClock()) as post:
        yield post


def start(monkeypatch, at):
    """Have the host, or the container, started then."""
    monkeypatch.setattr("jobrunner.engine.boot.age", lambda: NOON - at)


def see_to(post):
    """The jobs that wait to begin after a look at the boot."""
    lobby = Lobby(post, Crew(post))
    see_to_boot(post, lobby)
    return [run.job for run in lobby.waiting]


def note(post):
    return Path(post.ground.state.folder, "run/boot")


def test_what_is_to_run_at_the_boot_is_queued_once(post):
    assert see_to(post) == ["boot", "both"]
    assert see_to(post) == []
    assert note(post).read_text() == birth.boot_id()


def test_another_boot_is_another_slot(post, monkeypatch):
    see_to(post)
    note(post).write_text("another boot")
    monkeypatch.setattr("jobrunner.engine.boot.booted_at", lambda: NOON)
    assert see_to(post) == ["boot", "both"]


def test_a_start_long_before_the_first_look_of_all_is_only_noted(post, monkeypatch):
    start(monkeypatch, NOON - timedelta(hours=1))
    assert see_to(post) == []
    assert note(post).read_text() == birth.boot_id()


def test_a_start_is_seen_to_however_late_where_one_was_before(post, monkeypatch):
    start(monkeypatch, NOON - timedelta(hours=1))
    note(post).write_text("another boot")
    assert see_to(post) == ["boot", "both"]


def test_a_containers_start_is_that_of_its_first_process():
    pid1 = birth.birth_of(1).started / os.sysconf("SC_CLK_TCK")
    whole = (CLOCK.now() - booted_at()).total_seconds()
    assert abs(age().total_seconds() - (whole - pid1)) < 2


def test_a_note_that_is_gone_runs_nothing_twice(post):
    see_to(post)
    note(post).unlink()
    assert see_to(post) == []


def test_a_job_that_is_added_after_the_boot_waits_for_the_next_one(post):
    see_to(post)
    late = make_job(name="late", cron=("@reboot",))
    post.adopt(type(post.config)(origin="", jobs={**post.jobs, "late": late}))
    assert see_to(post) == []


def test_a_paused_job_is_skipped_with_who_and_why(post):
    post.store.pause("boot", Pause(by="ann", reason="db1", since=NOON))
    assert see_to(post) == ["both"]
    (run,) = post.store.runs(RunFilter(job="boot"))
    assert (run.state, run.reason) == (State.SKIPPED, "paused by ann: db1")


def test_a_job_of_other_hosts_is_skipped_with_the_reason(post):
    there = make_job(name="there", cron=("@reboot",), labels=("gpu",))
    post.adopt(replace(post.config, jobs={"there": there}))
    assert see_to(post) == []
    (run,) = post.store.runs(RunFilter())
    reason = "placed on any host with gpu; this host is h, without gpu"
    assert (run.state, run.reason) == (State.SKIPPED, reason)


def test_a_job_of_other_hosts_is_skipped_and_says_where_it_belongs(tmp_path, monkeypatch):
    start(monkeypatch, NOON)
    job = make_job(name="boot", cron=("@reboot",), hosts=("web-*",))
    with a_post(tmp_path, job, clock=FakeClock()) as post:
        assert see_to(post) == []
        (run,) = post.store.runs(RunFilter(job="boot"))
    assert (run.state, run.reason) == (State.SKIPPED, "placed on web-*; this host is h")


def test_a_boot_that_cannot_be_noted_is_told_and_runs_all_the_same(post, capsys):
    note(post).mkdir()
    assert see_to(post) == ["boot", "both"]
    assert "boot cannot be written" in capsys.readouterr().err


def test_the_host_was_booted_before_now():
    assert booted_at() < CLOCK.now()

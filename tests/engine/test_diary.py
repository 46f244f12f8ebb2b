"""What a supervisor says of itself: from the level up that jobs.toml names, and errors once."""

from datetime import timedelta

import pytest
from msgspec import json

from jobrunner.engine.diary import LEVELS, Diary
from jobrunner.model.pause import Pause
from jobrunner.model.settings import Config, Settings
from tests.build import FakeClock
from tests.engine.theatre import CLOCK, Theatre
from tests.engine.workplace import a_post


def say_all(diary):
    for level in LEVELS:
        getattr(diary, level)(f"a word of {level}")


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_below_the_level_is_not_said(level, capsys):
    say_all(Diary(FakeClock(), level))
    said = [line.rpartition(" ")[2] for line in capsys.readouterr().err.splitlines()]
    assert said == [*LEVELS[LEVELS.index(level) :]]


def test_another_level_in_jobs_toml_counts_as_soon_as_it_is_read(tmp_path, capsys):
    with a_post(tmp_path) as post:
        say_all(post.diary)
        post.adopt(Config(origin="", jobs={}, settings=Settings(log_level="error")))
        say_all(post.diary)
    assert capsys.readouterr().err.count("a word of info") == 1


def test_the_same_error_is_said_once_a_minute(capsys):
    clock = FakeClock()
    diary = Diary(clock)
    for _ in range(3):
        diary.error("the disk is full")
        clock.advance(timedelta(seconds=40))
    assert capsys.readouterr().err.count("the disk is full") == 2


def test_another_form_in_jobs_toml_counts_as_soon_as_it_is_read(tmp_path, capsys):
    with a_post(tmp_path) as post:
        post.adopt(Config(origin="", jobs={}, settings=Settings(log_format="json")))
        post.diary.info("a word")
    assert json.decode(capsys.readouterr().err)["message"] == "a word"


JOBS = """
[settings]
log_format = "json"
log_level = "debug"
[jobs.fails]
command = "exit 3"
retry = { attempts = 1, delay = "10ms", jitter = false }
breaker = { after = 1 }
[jobs.held]
command = "true"
cron = "* * * * * *"
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The records of a supervisor that had one job fail twice and another held still."""
    theatre = Theatre(tmp_path_factory.mktemp("diary"))
    theatre.write(JOBS)
    theatre.store.pause("held", Pause(by="ann", since=CLOCK.now(), reason="repairs"))
    theatre.start()
    theatre.play("fails")
    theatre.runs("held")
    theatre.close()
    return [json.decode(line) for line in theatre.told().splitlines()]


def test_what_happens_to_a_run_is_told_with_its_event(told):
    of_run = [one for one in told if one.get("job_id") == "fails" and "attempt" in one]
    events = [(one["event"], one["attempt"]) for one in of_run if one["event"] != "breaker"]
    assert events == [("start", 1), ("retry", 1), ("start", 2), ("end", 2)]
    assert len({one["run"] for one in of_run}) == 1
    assert all(one["execution_time_ms"] < 60_000 for one in of_run if one["event"] == "end")


def test_a_breaker_a_request_and_housekeeping_are_told(told):
    assert {"breaker", "request", "prune"} <= {one["event"] for one in told}


def test_a_slot_that_is_left_out_is_told_with_the_reason(told):
    left = next(one for one in told if one["event"] == "skip")
    assert (left["job_id"], left["level"]) == ("held", "info")
    assert left["message"] == f"held #{left['run']} skipped: paused by ann: repairs"

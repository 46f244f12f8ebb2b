"""A clock that is wrong for a while: nothing freezes, and nothing runs twice."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest

from jobrunner.engine.wake import poke
from jobrunner.model.breaker import Breaker
from jobrunner.model.job import BreakerRule
from jobrunner.policy.breaker import Pass, admit
from jobrunner.store import row
from tests.build import NOON
from tests.engine.test_rise import awake
from tests.engine.theatre import CLOCK, Theatre

HOUR = timedelta(hours=1)
YEAR = timedelta(days=366)
TICK = (sys.executable, "-m", "jobrunner", "tick", "-c")
EACH_SECOND = """
[jobs.beat]
cron = "* * * * * *"
command = 'echo $JOBRUNNER_SCHEDULED_FOR >>began'
"""
# A supervisor whose clock is as wrong as a file says.
PROGRAM = """
import sys
from datetime import timedelta
from pathlib import Path

from jobrunner.clock import SystemClock
from jobrunner.engine.state import State
from jobrunner.engine.supervise import supervise

class Wrong(SystemClock):
    def now(self):
        return super().now() + timedelta(seconds=float(Path(sys.argv[1], "wrong").read_text()))

folder, linger = sys.argv[1:]
supervise(f"{folder}/jobs.toml", State(f"{folder}/.jobrunner"), Wrong(), linger=float(linger))
"""


class WrongTheatre(Theatre):
    """A theatre whose clock can be set."""

    def set(self, by):
        new = self.folder / "wrong.new"
        new.write_text(str(by.total_seconds()))
        new.replace(self.folder / "wrong")

    def start(self, linger=float("inf")):
        command = [sys.executable, "-P", "-c", PROGRAM, self.folder, str(linger)]
        self.supervisors.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        self.until(lambda: poke(self.state) is not None)


@pytest.fixture
def theatre(tmp_path):
    theatre = WrongTheatre(tmp_path)
    theatre.set(timedelta())
    yield theatre
    theatre.close()


def began(theatre):
    """The slots that ran, as the jobs themselves wrote them down."""
    path = theatre.folder / "began"
    return path.read_text().split() if path.exists() else []


def slots_since(theatre, since):
    return [run for run in theatre.runs("beat", 0) if since <= run.scheduled_for < since + HOUR]


def live_a_year_ahead(theatre, job):
    """Have the clock wrong until the job has run by it, and right again; since when it is."""
    theatre.start()
    theatre.set(YEAR)
    far = CLOCK.now() + YEAR - HOUR
    theatre.until(
        lambda: (
            [run for run in theatre.store.live() if run.created_at > far]
            or [run for run in theatre.runs(job, 0) if run.created_at > far]
        )
    )
    theatre.set(timedelta())
    return CLOCK.now()


def test_slots_go_on_when_a_clock_that_was_a_year_ahead_is_right_again(theatre):
    theatre.write(EACH_SECOND)
    since = live_a_year_ahead(theatre, "beat")
    theatre.until(lambda: len(slots_since(theatre, since)) > 2)
    assert len(began(theatre)) == len({*began(theatre)})


def test_a_retry_that_was_planned_by_a_wrong_clock_does_not_wait_a_year(theatre):
    retry = "retry = { attempts = 1, delay = '1s', max_delay = '1s' }"
    theatre.write(f"[jobs.flaky]\ncron = '* * * * * *'\ncommand = 'exit 1'\n{retry}\n")
    far = live_a_year_ahead(theatre, "flaky") + YEAR - HOUR

    def tried():
        # Slots that came while it waited to try again were skipped, and are none.
        return [run for run in theatre.runs("flaky", 0) if run.created_at > far and run.attempts]

    theatre.until(tried)
    assert {run.attempts for run in tried()} == {2}


def test_a_small_step_back_runs_no_slot_again(theatre):
    theatre.write(EACH_SECOND)
    theatre.start()
    theatre.until(lambda: len(began(theatre)) > 2)
    theatre.set(timedelta(seconds=-3))
    at = CLOCK.now()
    theatre.until(lambda: slots_since(theatre, at))
    assert len(began(theatre)) == len({*began(theatre)})


def test_a_breaker_that_a_wrong_clock_opened_is_tried_after_its_cooldown():
    breaker = Breaker(name="db", state="open", failures=5, opened_at=NOON + YEAR)
    assert isinstance(admit(BreakerRule(), breaker, 1, NOON), Pass)


# -- through the glance of a tick


def tick(theatre):
    return subprocess.run([*TICK, theatre.file], capture_output=True, text=True, check=False)


def ticking(theatre):
    """A ledger that a supervisor has left, whose slots are known."""
    theatre.write("[jobs.hourly]\ncron = '0 * * * *'\ncommand = 'true'\n")
    assert tick(theatre).returncode == 0
    _kill_whoever_is_awake(theatre)


def _kill_whoever_is_awake(theatre):
    pid = awake(theatre.state)
    if pid:
        pidfd = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        theatre.wait_for(pidfd)


def change(theatre, statement):
    with closing(sqlite3.connect(theatre.state.ledger)) as database, database:
        assert database.execute(statement, {"year": YEAR // row.MICROSECOND}).rowcount


def mark_of(theatre):
    return theatre.store.marks()["hourly", ""]


@pytest.mark.parametrize("tables", [("ticks",), ("ticks", "marks")])
def test_a_tick_sees_that_the_clock_was_far_ahead(theatre, tables):
    ticking(theatre)
    if "marks" in tables:
        change(theatre, "UPDATE marks SET looked_at = looked_at + :year, next_at = next_at + :year")
    change(theatre, "UPDATE ticks SET last_at = last_at + :year, first_at = first_at + :year")
    try:
        done = tick(theatre)
        assert (done.returncode, done.stderr) == (0, "")
        assert poke(theatre.state, "look") is not None
        theatre.until(lambda: mark_of(theatre).next_at <= CLOCK.now() + HOUR)
    finally:
        _kill_whoever_is_awake(theatre)


def test_the_tick_after_that_finds_nothing_to_do(theatre):
    ticking(theatre)
    change(theatre, "UPDATE ticks SET last_at = last_at + :year, first_at = first_at + :year")
    tick(theatre)
    _kill_whoever_is_awake(theatre)
    assert tick(theatre).returncode == 0
    assert poke(theatre.state) is None

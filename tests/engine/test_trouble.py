"""The ledger or the disk is in trouble for a moment: what was asked, due or ended is not lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobrunner.engine.wake import poke
from jobrunner.model.run import State
from jobrunner.store.value import Request
from tests.engine.theatre import CLOCK, Theatre

# A supervisor whose ledger cannot be had, once, for each thing that a file is named after.
PROGRAM = """
import sys
from pathlib import Path

from jobrunner.clock import SystemClock
from jobrunner.engine import supervise
from jobrunner.engine.state import State
from jobrunner.errors import StoreBusyError

class Flaky:
    def __init__(self, store, faults):
        self._store, self._faults = store, faults

    def __getattr__(self, name):
        fault = self._faults / name
        if fault.exists() or fault.with_suffix(".always").exists():
            fault.unlink(missing_ok=True)
            with self._faults.with_name("failed").open("a") as failed:
                failed.write(".")
            def fail(*_, **__):
                raise StoreBusyError(f"{name}: the disk is full")
            return fail
        return getattr(self._store, name)

folder, linger = sys.argv[1:]
migrated = supervise.migrated
supervise.migrated = lambda *place: Flaky(migrated(*place), Path(folder, "faults"))
state = State(f"{folder}/.jobrunner")
sys.stderr = open(f"{state.folder}/run/supervisor.log", "a")
supervise.supervise(f"{folder}/jobs.toml", state, SystemClock(), linger=float(linger))
"""
JOBS = """
[jobs.first]
command = "test $JOBRUNNER_ATTEMPT = 2"
retry = { attempts = 1, delay = "10ms" }
breaker = { after = 5, cooldown = "1m" }
[jobs.second]
command = "false"
after = ["first"]
[jobs.third]
command = "true"
after = ["second"]
[jobs.long]
command = "exec sleep 600"
overlap = "queue"
[jobs.beyond]
command = "true"
after = ["long"]
"""
ALERTED = """
[notify.ops]
command = ["/bin/sh", "-c", "echo $JOBRUNNER_EVENT >> told"]
[jobs.first]
command = "false"
notify = ["ops"]
"""
ASKING = ("take", "add")
RUNNING = ("remember", "start", "finish", "marks", "health", "claim")
FOLLOWING = ("last_successes", "withdraw")


class FlakyTheatre(Theatre):
    """A theatre with a ledger that fails when it is told to."""

    def break_once(self, *names):
        for name in names:
            (self.folder / "faults" / name).touch()

    def has_failed(self):
        return not [*(self.folder / "faults").iterdir()]

    def start(self, linger=60.0):
        command = [sys.executable, "-P", "-c", PROGRAM, self.folder, str(linger)]
        self.supervisors.append(subprocess.Popen(command))
        self.until(lambda: poke(self.state) is not None)


def cpu(pid):
    """The seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def theatre(tmp_path):
    (tmp_path / "faults").mkdir()
    theatre = FlakyTheatre(tmp_path)
    theatre.write(JOBS)
    yield theatre
    theatre.close()


@pytest.mark.parametrize("name", [*ASKING, *RUNNING, *FOLLOWING])
def test_a_run_its_retry_and_its_chain_get_over_a_ledger_that_fails_once(theatre, name):
    theatre.start()
    theatre.break_once(name)
    first = theatre.play("first")
    (second,) = theatre.runs("second")
    (third,) = theatre.runs("third")
    assert (first.state, first.attempts) == (State.SUCCESS, 2)
    assert (second.state, second.attempts) == (State.FAILED, 1)
    assert (third.state, third.reason) == (State.SKIPPED, f"after second: #{second.id} failed")
    theatre.until(theatre.has_failed)


@pytest.mark.parametrize("name", ["next_letters", "pack"])
def test_a_message_gets_over_a_ledger_that_fails_once(theatre, name):
    theatre.write(ALERTED)
    theatre.start()
    theatre.break_once(name)
    assert theatre.play("first").state is State.FAILED
    told = theatre.folder / "told"
    theatre.until(lambda: told.exists() and told.read_text() == "failure\n")
    assert theatre.has_failed()


def test_a_run_that_waits_is_stopped_once_the_ledger_takes_it(theatre):
    theatre.start()
    theatre.run("long")
    waiting = theatre.run("long", overlap="queue")
    theatre.break_once("withdraw", "answer")
    answer = theatre.answer(theatre.ask("stop", run=waiting))
    assert answer.done
    assert theatre.end_of(waiting).state is State.STOPPED
    assert theatre.has_failed()


def test_what_was_to_follow_a_run_that_is_stopped_while_it_waits_is_skipped(theatre):
    theatre.start()
    theatre.run("long")
    waiting = theatre.run("long", overlap="queue")
    theatre.answer(theatre.ask("stop", run=waiting))
    (beyond,) = theatre.runs("beyond")
    assert beyond.reason == f"after long: #{waiting} was stopped"


@pytest.mark.parametrize("said", ["{", '{"a":' + "[" * 50_000 + "]" * 50_000 + "}"])
def test_a_request_that_makes_no_sense_is_refused_and_harms_nobody(theatre, said):
    theatre.start()
    nonsense = Request(
        kind="run", job="first", arguments=said, asked_by="eve", asked_at=CLOCK.now()
    )
    number = theatre.store.ask(nonsense)
    poke(theatre.state)
    assert theatre.answer(number).answer.startswith("what is asked for cannot be understood")
    assert theatre.play("first").state is State.SUCCESS


def test_a_job_for_the_boot_is_queued_once_the_ledger_takes_it(theatre):
    (theatre.folder / ".jobrunner/run/boot").write_text("another boot")
    theatre.write('[jobs.boot]\ncron = "@reboot"\ncommand = "true"')
    theatre.break_once("add")
    theatre.start()
    assert [run.state for run in theatre.runs("boot")] == [State.SUCCESS]
    assert theatre.has_failed()


def test_a_boot_that_cannot_be_noted_keeps_nothing_from_running(theatre):
    (theatre.folder / ".jobrunner/run/boot").mkdir()
    theatre.start()
    assert theatre.play("first").state is State.SUCCESS


def test_a_ledger_that_stays_away_is_asked_once_a_second(theatre):
    theatre.start(linger=float("inf"))
    (theatre.folder / "faults/marks.always").touch()
    (theatre.folder / "failed").touch()
    poke(theatre.state)
    began = CLOCK.elapsed()
    theatre.until(lambda: (theatre.folder / "failed").stat().st_size >= 5)
    assert CLOCK.elapsed() - began > 2


def test_a_job_that_spoils_its_result_spoils_nothing_else(theatre):
    spoil = 'rm "$JOBRUNNER_RESULT"; mkdir "$JOBRUNNER_RESULT"'
    theatre.write(
        f"{JOBS}[jobs.spoil]\ncommand = '{spoil}'\n[jobs.on]\ncommand = 'true'\nafter = ['spoil']"
    )
    theatre.start()
    assert "is not the file" in theatre.play("spoil").error
    assert [run.state for run in theatre.runs("on")] == [State.SUCCESS]


def test_draining_costs_nothing_though_slots_come_due(theatre):
    theatre.write(JOBS + '[jobs.beat]\nevery = "1s"\ncommand = "true"')
    theatre.start(linger=float("inf"))
    theatre.run("long")
    theatre.supervisors[-1].terminate()
    used, began = cpu(theatre.supervisors[-1].pid), CLOCK.elapsed()
    theatre.until(lambda: CLOCK.elapsed() > began + 3)
    assert cpu(theatre.supervisors[-1].pid) - used < 1

"""Supervisors that are stopped, killed or many: one at a time sees to a ledger, each slot once."""

import os
import signal
import subprocess
from datetime import timedelta

import pytest

from jobrunner.model.run import State
from jobrunner.process.find import MARK, marks
from jobrunner.store.value import RunFilter
from tests.engine.test_faults_tick import MODULE, Ticked
from tests.engine.theatre import CLOCK, PATIENCE

SLOTS = 60
COMMAND = "echo $JOBRUNNER_RUN_ID >>began"


@pytest.fixture
def theatre(tmp_path):
    theatre = Ticked(tmp_path)
    yield theatre
    theatre.close()


def slots_each_second(theatre, jobs=1):
    line = "cron = '* * * * * *'\noverlap = 'allow'\ncatch_up = 'all'\nmax_catch_up = 1000\n"
    theatre.write(
        "".join(f"[jobs.j{n}]\n{line}command = '{COMMAND}; sleep 0.1'\n" for n in range(jobs))
    )


def began(theatre):
    path = theatre.folder / "began"
    return [int(run) for run in path.read_text().split()] if path.exists() else []


def all_runs(theatre):
    return theatre.store.runs(RunFilter(limit=10_000))


# -- stopped


def test_a_supervisor_that_is_stopped_is_told_and_goes_on_afterwards(theatre):
    slots_each_second(theatre)
    theatre.tick()
    theatre.until(lambda: began(theatre))
    pid = theatre.awake()
    os.kill(pid, signal.SIGSTOP)
    try:
        at = CLOCK.elapsed()
        done = theatre.tick()
        assert CLOCK.elapsed() - at < 5
        assert done.returncode == 1
        assert f"(process {pid}) does not answer" in done.stderr
    finally:
        os.kill(pid, signal.SIGCONT)
    count = len(began(theatre))
    theatre.until(lambda: len(began(theatre)) > count + 2)
    assert theatre.awake() == pid
    assert len(began(theatre)) == len({*began(theatre)})


# -- many


def test_three_ticks_a_loop_and_a_run_at_once_have_one_supervisor(theatre):
    slots_each_second(theatre)
    ticks = [[*MODULE.split(), "-c", theatre.file, "tick"]] * 3
    loop = [*MODULE.split(), "-c", theatre.file, "loop"]
    run = [*MODULE.split(), "-c", theatre.file, "run", "j0", "--detach"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    *ticks, looped, asked = [subprocess.Popen(each, **quiet) for each in [*ticks, loop, run]]
    try:
        assert [each.wait(PATIENCE) for each in (*ticks, asked)] == [0] * 4
        theatre.until(lambda: theatre.awake() == looped.pid)
        theatre.until(lambda: len(began(theatre)) > 3)
    finally:
        looped.terminate()
        looped.wait(PATIENCE)
    runs = all_runs(theatre)
    slots = [run.scheduled_for for run in runs if run.scheduled_for]
    assert len(slots) == len({*slots})
    assert sorted(began(theatre)) == sorted({*began(theatre)})
    assert [run.trigger.value for run in runs].count("manual") == 1


# -- killed


def burst(theatre, count):
    """Have the job's last slots come due at once: its mark is taken back by as many seconds."""
    back = timedelta(seconds=count) // timedelta(microseconds=1)
    database = theatre.store._file.database
    database.execute("UPDATE marks SET looked_at = looked_at - ?", (back,))
    database.execute("UPDATE marks SET next_at = looked_at + 1000000")


@pytest.mark.parametrize("done", range(0, SLOTS, 6))
def test_a_burst_survives_a_kill_at_any_moment(theatre, done):
    slots_each_second(theatre)
    theatre.tick()
    theatre.kill_awake()
    burst(theatre, SLOTS)
    theatre.tick()
    theatre.until(lambda: len(began(theatre)) >= done)
    theatre.kill_awake()
    theatre.tick()
    theatre.until(lambda: len(all_runs(theatre)) >= SLOTS and not theatre.store.live())
    # No more slots: what is to be counted stands still.
    theatre.write("[jobs.other]\ncommand = 'true'\n")
    theatre.tick()
    theatre.until(lambda: not theatre.store.live())
    runs = all_runs(theatre)
    ran = began(theatre)
    assert len(ran) == len({*ran})
    assert {run.id for run in runs if run.state is State.SUCCESS} <= {*ran}
    assert {run.state for run in runs} <= {State.SUCCESS, State.LOST, State.SKIPPED}
    slots = sorted(run.scheduled_for for run in runs)
    assert slots[-1] - slots[0] == timedelta(seconds=sum(run.slots for run in runs) - 1)


def test_a_process_without_a_keeper_is_known_by_its_mark():
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, env={MARK: "here-1-1"}):
        assert "here-1-1" in marks()
    assert "here-1-1" not in marks()

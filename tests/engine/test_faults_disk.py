"""A disk that is full, a ledger that is locked, damaged or gone: jobs run on, nothing is lost."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from jobrunner.engine.diary import Diary
from jobrunner.engine.scene import ledger
from jobrunner.model.run import State
from tests.build import FakeClock
from tests.engine.theatre import Theatre

NO_MOUNT = "NOT TESTED: a full disk, for want of the right to mount a small one"


@contextmanager
def small_disk(folder):
    """A file system of eight megabytes at this folder."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "none", folder]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip(NO_MOUNT)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


@pytest.fixture
def small(tmp_path):
    with small_disk(tmp_path / "small") as folder:
        theatre = Theatre(folder)
        yield theatre
        theatre.close()


def fill(folder):
    """Leave not one byte."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
        try:
            while True:
                file.write(b"x")
        except OSError:
            pass
    return path


LINE = "echo began; until test -e {go}; do sleep 0.05; done; exit $CODE"


def waiting_job(theatre, name, code, go):
    line = LINE.format(go=go)
    return f"[jobs.{name}]\ncommand = '''CODE={code}; {line}'''\n"


def begin(theatre, name):
    """Start a run, and wait until it is at work."""
    run = theatre.run(name)
    output = Path(theatre.state.output_path(theatre.state.output(run, 1)))
    theatre.until(lambda: output.exists() and output.read_text() == "began\n")
    return run


def test_a_job_that_ends_while_the_disk_is_full_has_its_true_code(small, tmp_path):
    go, other = tmp_path / "go", tmp_path / "other"
    small.write(waiting_job(small, "a", 7, go) + waiting_job(small, "b", 0, other))
    supervisor = small.start()
    first, second = begin(small, "a"), begin(small, "b")
    filler = fill(small.folder)
    go.touch()
    small.until(lambda: "is full" in small.told() or filler.stat().st_size == 0)
    assert supervisor.poll() is None
    filler.unlink()
    assert small.end_of(first).exit_code == 7
    assert small.store.run(second).state is State.RUNNING
    other.touch()
    assert small.end_of(second).state is State.SUCCESS


def test_slots_of_a_full_disk_fail_or_wait_and_none_runs_twice(small, tmp_path):
    line = f"echo $JOBRUNNER_SCHEDULED_FOR >>{tmp_path}/began"
    small.write(f"[jobs.beat]\ncron = '* * * * * *'\ncommand = '{line}'\n")
    supervisor = small.start()
    small.runs("beat", 2)
    filler = fill(small.folder)
    small.until(lambda: "full" in small.told() or "No space" in small.told())
    filler.unlink()
    seen = len(small.runs("beat"))
    runs = small.runs("beat", seen + 3)
    assert supervisor.poll() is None
    assert {run.state for run in runs[-2:]} == {State.SUCCESS}
    assert all(run.reason for run in runs if run.state is not State.SUCCESS)
    began = (tmp_path / "began").read_text().split()
    assert len(began) == len({*began})


def test_a_supervisor_that_died_of_a_full_disk_is_followed_when_there_is_room(small, tmp_path):
    go = tmp_path / "go"
    small.write(waiting_job(small, "a", 7, go))
    small.start()
    run = begin(small, "a")
    filler = fill(small.folder)
    small.kill()
    full = tick(small)
    assert (full.returncode in {0, 1}, "Traceback" in full.stderr) == (True, False)
    go.touch()
    filler.unlink()
    assert tick(small).returncode == 0
    assert small.end_of(run).exit_code == 7


# -- the ledger


def test_ends_wait_for_whoever_holds_the_ledger(theatre, tmp_path):
    line = LINE.replace("$CODE", "$JOBRUNNER_PARAM_CODE").format(go=tmp_path / "go")
    theatre.write(
        f"[jobs.many]\ncommand = '{line}'\noverlap = 'allow'\nparams = {{ code = {{}} }}\n"
    )
    theatre.start()
    runs = {theatre.run("many", params={"code": f"{n}"}): n for n in range(10)}
    with closing(sqlite3.connect(theatre.state.ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        (tmp_path / "go").touch()
        theatre.until(lambda: "not recorded yet" in theatre.told())
        other.execute("ROLLBACK")
    assert {run: theatre.end_of(run).exit_code for run in runs} == runs


FAMILY = ("", "-wal", "-shm")


def remove(state):
    for ending in FAMILY:
        Path(state.ledger + ending).unlink()


def replace(state):
    copyfile(state.ledger, f"{state.ledger}.copy")
    Path(f"{state.ledger}.copy").replace(state.ledger)


def empty(state):
    os.truncate(state.ledger, 0)


def corrupt(state):
    path = Path(state.ledger)
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)


@pytest.mark.parametrize("harm", [remove, empty, corrupt])
def test_a_ledger_that_is_harmed_is_told_and_nothing_starts_over(theatre, tmp_path, harm):
    theatre.write(waiting_job(theatre, "a", 7, tmp_path / "go"))
    theatre.start()
    run = begin(theatre, "a")
    theatre.store.checkpoint()
    output = Path(theatre.state.output_path(theatre.state.output(run, 1)))
    harm(theatre.state)
    for command in ("tick", "status"):
        done = call(theatre, command)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert "ledger.db" in done.stderr
    assert output.read_text() == "began\n"
    (tmp_path / "go").touch()
    theatre.until(lambda: "ledger.db" in theatre.told())
    assert not Path(theatre.state.ledger).exists() or harm is not remove


@pytest.mark.parametrize("harm", [remove, empty, corrupt, replace])
def test_a_ledger_that_is_put_back_learns_what_ended_meanwhile(theatre, tmp_path, harm):
    beat = "[jobs.beat]\ncron = '* * * * * *'\ncommand = 'echo $JOBRUNNER_SCHEDULED_FOR >>began'\n"
    theatre.write(waiting_job(theatre, "a", 7, tmp_path / "go") + beat)
    theatre.start()
    run = begin(theatre, "a")
    theatre.store.backup(tmp_path / "copy")
    harm(theatre.state)
    (tmp_path / "go").touch()
    theatre.until(lambda: "ledger.db" in theatre.told())
    put_back(theatre, tmp_path / "copy")
    assert tick(theatre).returncode == 0
    assert theatre.end_of(run).exit_code == 7
    assert theatre.runs("beat", 3)
    began = (tmp_path / "began").read_text().split()
    assert len(began) == len({*began})


def put_back(theatre, copy):
    """Do as people do: the copy in its place, and what lay beside the damaged one away."""
    theatre.store.close()
    for ending in FAMILY:
        Path(theatre.state.ledger + ending).unlink(missing_ok=True)
    copy.replace(theatre.state.ledger)
    theatre.store = ledger(theatre.state)


def test_the_same_trouble_is_told_once_a_minute(capsys):
    clock = FakeClock()
    diary = Diary(clock)
    for _ in range(90):
        diary.error("the disk is full")
        clock.advance(timedelta(seconds=1))
    assert capsys.readouterr().err.count("the disk is full") == 2


def call(theatre, *command):
    return subprocess.run(
        [sys.executable, "-m", "jobrunner", "-c", theatre.file, *command],
        capture_output=True,
        text=True,
        check=False,
    )


def tick(theatre):
    return call(theatre, "tick")

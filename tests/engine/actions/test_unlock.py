"""Locks of real runs: held while anything of them lives, let go when nothing does."""

import fcntl
import os
import signal

import pytest

from jobrunner.engine.actions import ask
from jobrunner.engine.actions.unlock import unlock
from jobrunner.engine.ground import Ground
from jobrunner.engine.load import load
from jobrunner.engine.report.lock import owner_here, see_locks
from jobrunner.engine.scene import Scene
from jobrunner.errors import BusyError, UnknownError
from jobrunner.jobfile.place import Asker
from jobrunner.model.run import State, Trigger
from jobrunner.process.birth import boot_id
from jobrunner.process.find import keepers
from jobrunner.store.value import Launch, NewRun
from tests.build import NOON
from tests.engine.theatre import CLOCK, Theatre

JOBS = """
[pools]
disk = 2
[jobs.long]
command = "until test -e go; do sleep 0.05; done"
lock = "db"
pool = "disk"
"""


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    theatre.write(JOBS)
    theatre.start()
    yield theatre
    (tmp_path / "go").touch()
    theatre.close()


@pytest.fixture
def here(theatre):
    return scene_of(theatre)


def scene_of(theatre):
    asker = Asker(environ=os.environ, cwd=str(theatre.folder), uid=os.geteuid())
    return Scene(config=load(str(theatre.file), asker), state=theatre.state, store=theatre.store)


@pytest.fixture
def run(theatre, here):
    """A run that goes on."""
    number = theatre.run("long")
    theatre.until(lambda: theatre.store.run(number).state is State.RUNNING)
    theatre.until(lambda: keeper(theatre, number))
    return number


def keeper(theatre, run):
    ground = Ground(state=theatre.state, host="", clock=CLOCK, inherited={}, soft_files=0)
    return keepers().get(ground.mark(run, 1))


def kill_all(theatre, run):
    """The host's worst night: supervisor, keeper and job are killed at once."""
    theatre.kill()
    pidfd = os.pidfd_open(keeper(theatre, run).pid)
    os.killpg(keeper(theatre, run).pid, signal.SIGKILL)
    theatre.wait_for(pidfd)


def test_what_a_run_holds_is_told_with_its_process(theatre, here, run):
    held = {lock.kind: lock for lock in see_locks(here) if lock.run}
    assert [held[kind].name for kind in ("job", "lock", "pool")] == ["long", "db", "disk"]
    assert held["pool"].what == "place 1 of 2"
    assert (held["job"].pid, held["job"].life) == (keeper(theatre, run).pid, "alive")


def test_the_supervisor_holds_its_lock(theatre, here):
    (lock,) = see_locks(here)
    assert (lock.name, lock.pid) == ("supervisor", theatre.supervisors[-1].pid)
    assert abs((CLOCK.now() - lock.since).total_seconds()) < 600


def test_whoever_edits_is_told(theatre, here):
    with (theatre.folder / ".jobs.toml.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert ("edit jobs.toml", os.getpid()) in [(one.name, one.pid) for one in see_locks(here)]


@pytest.mark.parametrize("name", ["long", "db", "disk"])
def test_what_lives_is_not_unlocked(theatre, here, run, name):
    with pytest.raises(BusyError, match=f"held by long #{run}: process .* lives"):
        unlock(here, name, CLOCK)


def test_a_job_that_outlives_its_supervisor_is_not_unlocked(theatre, here, run):
    theatre.kill()
    with pytest.raises(BusyError, match="lives"):
        unlock(here, str(run), CLOCK)


def test_a_lock_on_a_file_is_nobodys_to_let_go(here):
    with pytest.raises(BusyError, match=r"supervisor is held by process .*, which lives"):
        unlock(here, "supervisor", CLOCK)


def test_a_dead_run_is_settled_and_lets_go(theatre, here, run, monkeypatch):
    kill_all(theatre, run)
    assert {lock.life for lock in see_locks(here)} == {"dead"}
    monkeypatch.setattr(ask, "rouse", lambda *_: theatre.start())
    (settled,) = unlock(here, "db", CLOCK)
    assert settled.state is State.LOST
    assert [lock for lock in see_locks(here) if lock.run] == []


def test_whether_a_run_of_another_host_lives_cannot_be_told(tmp_path):
    theatre = Theatre(tmp_path)
    theatre.write(JOBS)
    new = NewRun(job="long", trigger=Trigger.MANUAL)
    run = theatre.store.add(new, owner="web-2/00000000/1-2", host="web-2", now=NOON)
    theatre.store.start([Launch(run=run.id)], owner=run.owner, host="web-2", now=NOON)
    with pytest.raises(BusyError, match="cannot be told here"):
        unlock(scene_of(theatre), "long", CLOCK)
    theatre.close()


def test_what_nobody_holds_needs_no_unlocking(here):
    assert unlock(here, "long", CLOCK) == []


def test_what_there_is_not_is_met_with_what_was_meant(here):
    with pytest.raises(UnknownError, match='Did you mean "long"'):
        unlock(here, "lnog", CLOCK)


def test_an_owner_of_another_boot_is_no_process_of_this_one():
    assert owner_here("web-1/00000000/12-34", "web-1").boot != boot_id()
    assert owner_here(f"web-1/{boot_id()[:8]}/12-34", "web-1").boot == boot_id()


@pytest.mark.parametrize("owner", ["web-2/00000000/12-34", "me", "", "exec/web-2/b/1/2"])
def test_an_owner_that_is_not_of_this_host_is_nobody_here(owner):
    assert owner_here(owner, "web-1") is None

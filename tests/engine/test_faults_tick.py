"""Ticks in the worst of surroundings: each slot runs once, and what is private stays so."""

import os
import signal
import stat
import subprocess
import sys
import sysconfig
from datetime import timedelta

import pytest

from jobrunner.engine.agenda import looks
from jobrunner.engine.load import load
from jobrunner.jobfile.place import Asker
from jobrunner.model.run import State
from jobrunner.store.value import RunFilter
from tests.engine.test_rise import awake
from tests.engine.theatre import CLOCK, PATIENCE, Theatre

SCRIPT = f"{sysconfig.get_path('scripts')}/jobrunner"
MODULE = f"{sys.executable} -m jobrunner"
SECOND = timedelta(seconds=1)
MANY = 40
PRIVATE = ("run/glance", "run/plan", "run/supervisor.lock", "run/supervisor.log")
SURROUNDINGS = {
    "closed streams": "exec {tick} <&- >&- 2>&-",
    "full streams": "exec {tick} >/dev/full 2>/dev/full",
    "no environment": "exec env -i {tick}",
    "umask 0": "umask 0; exec {tick}",
    "few descriptors": "ulimit -n 32; exec {tick}",
    "no path": "PATH=; exec {tick}",
    "no folder": "mkdir gone; cd gone; rmdir ../gone; exec {tick}",
    "no home": "unset HOME; exec {tick}",
    "strange signals": "trap '' HUP INT TERM CHLD PIPE; exec {tick}",
}


class Ticked(Theatre):
    """A theatre whose supervisors are started by ticks."""

    def tick(self, around="exec {tick}", program=MODULE):
        line = around.format(tick=f"{program} -c {self.file} tick")
        return subprocess.run(
            line,
            shell=True,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def awake(self):
        return awake(self.state)

    def kill_awake(self):
        pid = self.awake()
        if pid:
            pidfd = os.pidfd_open(pid)
            os.kill(pid, signal.SIGKILL)
            self.wait_for(pidfd)

    def close(self):
        self.kill_awake()
        super().close()


@pytest.fixture
def theatre(tmp_path):
    theatre = Ticked(tmp_path)
    yield theatre
    theatre.close()


def due(theatre, count=1, line="sleep 0.2"):
    """Jobs that were seen a minute ago, each with a slot since."""
    at = f"{CLOCK.now() - SECOND * 30:%Y-%m-%dT%H:%M:%SZ}"
    table = f"at = {at}\ncommand = 'echo $JOBRUNNER_JOB >>began; {line}'\n"
    theatre.write("".join(f"[jobs.j{n}]\n{table}" for n in range(count)))
    config = load(str(theatre.file), Asker(environ={}, cwd="/", uid=os.geteuid()))
    seen = looks(config.jobs, {}, {}, CLOCK.now() - SECOND * 60)
    theatre.store.claim(seen, owner="tick", host="", now=CLOCK.now())


def ends(theatre, count):
    """The states of all runs, when there are so many and none is live."""

    def is_over():
        return len(theatre.store.runs(RunFilter(limit=1000))) >= count and not theatre.store.live()

    theatre.until(is_over)
    return [run.state for run in theatre.store.runs(RunFilter(limit=1000))]


def began(theatre):
    return (theatre.folder / "began").read_text().split()


def modes(theatre):
    """The permissions of all that is in the state folder."""
    return {
        os.path.relpath(f"{folder}/{name}", theatre.state.folder): stat.S_IMODE(
            os.lstat(f"{folder}/{name}").st_mode
        )
        for folder, folders, files in os.walk(theatre.state.folder)
        for name in (*folders, *files)
    }


@pytest.mark.parametrize("program", [SCRIPT, MODULE], ids=["script", "module"])
@pytest.mark.parametrize("around", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_a_slot_runs_once_whatever_surrounds_the_tick(theatre, around, program):
    due(theatre)
    for _ in range(2):
        done = theatre.tick(around, program)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert ends(theatre, 1) == [State.SUCCESS]
    assert began(theatre) == ["j0"]
    found = modes(theatre)
    assert {found[name] for name in PRIVATE if name in found} == {0o600}
    assert not [name for name, mode in found.items() if mode & 0o002]


def test_forty_slots_run_once_each_with_few_descriptors(theatre):
    due(theatre, MANY)
    assert theatre.tick(SURROUNDINGS["few descriptors"]).returncode == 0
    assert ends(theatre, MANY) == [State.SUCCESS] * MANY
    assert sorted(began(theatre)) == sorted(f"j{n}" for n in range(MANY))

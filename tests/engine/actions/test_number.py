"""The number of a job's process."""

import subprocess

from jobrunner.clock import SystemClock
from jobrunner.engine.actions.number import pid_of
from jobrunner.engine.actions.preview import ground_of
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State, prepare
from jobrunner.model.settings import Config
from jobrunner.process.find import MARK
from jobrunner.process.keeper import NAME
from tests.build import make_run


def kept(tmp_path):
    state = State(str(tmp_path))
    prepare(state)
    return Scene(config=Config(origin="jobs.toml"), state=state, store=None)


def test_it_is_the_child_of_the_keeper(tmp_path):
    scene, run = kept(tmp_path), make_run(id=7, attempts=1)
    mark = ground_of(scene.config, scene.state, SystemClock()).mark(7, 1)
    script = "sleep 60 & echo $!; wait"
    with subprocess.Popen(
        ["/bin/sh", "-c", script, NAME],
        env={MARK: mark, "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as keeper:
        child = int(keeper.stdout.readline())
        found = pid_of(scene, run, SystemClock())
        subprocess.run(["kill", str(child)], check=True)
    assert found == child


def test_who_has_no_process_has_no_number(tmp_path):
    assert pid_of(kept(tmp_path), make_run(id=8, attempts=1), SystemClock()) is None

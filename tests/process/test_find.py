"""Keepers are found again by their marks, and nothing else is taken for one."""

import os
import signal
from pathlib import Path

from msgspec.structs import replace

from jobrunner.process.birth import KERNELS, is_in_exec, status
from jobrunner.process.find import keepers
from tests.process.stage import ENV


def marked(mark):
    return ENV | {"JOBRUNNER_MARK": mark}


def test_a_keeper_is_found_by_its_mark(stage, tmp_path):
    child = stage.start("exec sleep 60", env=marked(f"{tmp_path}"))
    assert keepers()[f"{tmp_path}"] == child.birth


def test_one_that_has_ended_is_not_found(stage, tmp_path):
    child = stage.start("true", env=marked(f"{tmp_path}"))
    stage.end(child)
    assert f"{tmp_path}" not in keepers()


def test_what_looks_like_a_keeper_is_none_if_a_keeper_started_it(stage, tmp_path):
    fifo = tmp_path / "ready"
    os.mkfifo(fifo)
    line = f"setsid sh -c 'echo x >{fifo}; sleep 60; :' jobrunner & exec sleep 60"
    child = stage.start(line, env=marked(f"{tmp_path}"))
    fifo.read_text()
    assert keepers()[f"{tmp_path}"] == child.birth


def test_keepers_without_a_mark_are_left_out(stage):
    child = stage.start("exec sleep 60")
    assert child.birth not in keepers().values()


def test_a_child_that_shows_nothing_yet_is_in_the_midst_of_its_exec():
    """One in ten is seen so on two busy cores, for up to 70 milliseconds."""
    for _ in range(40):
        pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], {"MARK": "x"})
        try:
            was_bare = not Path(f"/proc/{pid}/environ").read_bytes()
            is_late = is_in_exec(status(pid))
            assert not was_bare or is_late or Path(f"/proc/{pid}/environ").read_bytes()
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_the_dead_and_the_kernels_own_are_in_no_exec():
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    dead = status(pid)
    os.waitpid(pid, 0)
    assert dead.is_dead
    assert not is_in_exec(dead)
    assert not is_in_exec(replace(dead, state="S", flags=KERNELS))

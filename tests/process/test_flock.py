"""Locks of real files, held by real processes."""

import fcntl
import os
import subprocess
import sys

from jobrunner.process.flock import holder

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_whoever_holds_a_lock_is_known(tmp_path):
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert holder(str(path)) == process.pid
        process.stdin.close()
        process.wait()
        assert holder(str(path)) is None


def test_a_lock_of_ours_is_told_as_ours(tmp_path):
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert holder(file.name) == os.getpid()


def test_a_file_that_nobody_locked_has_no_holder(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    assert (holder(str(path)), holder(f"{path}.other")) == (None, None)

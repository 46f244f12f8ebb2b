"""Starting a supervisor: one that answers, with nothing of ours about it."""

import os
import signal
import socket
import struct
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.doorbell import Doorbell
from jobrunner.engine.rise import ASLEEP, MARK, UNIT, may_start, rouse, scrubbed
from jobrunner.engine.state import State, prepare
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError

CLOCK = SystemClock()


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state folder; whoever is awake in it is ended afterwards."""
    monkeypatch.delenv(MARK, raising=False)
    monkeypatch.delenv(UNIT, raising=False)
    state = State(f"{tmp_path}/state")
    prepare(state)
    yield state
    pid = awake(state)
    if pid and pid != os.getpid():
        os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):  # a systemd's
            os.waitpid(pid, 0)


@pytest.fixture
def jobs(tmp_path):
    path = tmp_path / "jobs.toml"
    path.write_text("[jobs.a]\ncommand = 'true'\n")
    return str(path)


def awake(state):
    """The process that listens, if there is one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
        try:
            caller.connect(state.socket)
        except OSError:
            return None
        return struct.unpack("iII", caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def test_one_is_started_and_answers(state, jobs):
    assert poke(state) is None
    assert rouse(state, jobs, CLOCK).startswith("awake")
    assert awake(state) not in {None, os.getpid()}


def test_who_is_awake_already_is_not_started_again(state, jobs):
    rouse(state, jobs, CLOCK)
    first = awake(state)
    rouse(state, jobs, CLOCK)
    assert awake(state) == first


def test_of_many_that_start_one_at_once_each_is_answered(state, jobs):
    said = []
    threads = [
        threading.Thread(target=lambda: said.append(rouse(state, jobs, CLOCK))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == len(threads)
    assert all(told.startswith("awake") for told in said)


def test_it_has_nothing_of_ours(state, jobs, monkeypatch):
    monkeypatch.setenv("JOBRUNNER_RUN_ID", "12")
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    with open(jobs) as file:  # noqa: PTH123 - any descriptor
        os.set_inheritable(file.fileno(), True)
        rouse(state, jobs, CLOCK)
    process = Path(f"/proc/{awake(state)}")
    environ = (process / "environ").read_bytes()
    opened = [fd for fd in (process / "fd").iterdir() if fd.exists() and fd.samefile(jobs)]
    assert b"JOBRUNNER_RUN_ID" not in environ
    assert b"PYTHON" not in environ
    assert not opened
    assert os.getsid(int(process.name)) == int(process.name)


def test_it_hears_every_signal(state, jobs):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        rouse(state, jobs, CLOCK)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    lines = dict(
        line.split(":\t") for line in Path(f"/proc/{awake(state)}/status").read_text().splitlines()
    )
    # All of them are blocked for a moment while it starts a program: a library of ours does.
    assert int(lines["SigBlk"], 16) != 1 << (signal.SIGUSR1 - 1)


def test_one_that_fails_says_why_and_where_it_tells_more(state, tmp_path):
    with pytest.raises(BusyError, match=r"ended at once \(exit 1\).\n.*supervisor.log") as told:
        rouse(state, f"{tmp_path}/nowhere.toml", CLOCK)
    said = Path(f"{state.folder}/run/supervisor.log").read_text()
    assert "nowhere.toml" in said
    assert str(told.value).endswith(f"run/supervisor.log: {said.splitlines()[-1]}")


def test_one_that_cannot_say_why_it_fails_does_not_point_to_a_log(jobs, tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(BusyError, match=r"could not say why.*log cannot be written \(Not a dir"):
        rouse(State(str(tmp_path)), str(jobs), CLOCK)


def test_one_that_says_nothing_at_all_is_told_with_what_to_try(state, jobs, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(BusyError, match=r"said nothing.*/bin/false -P -m jobrunner --version"):
        rouse(state, str(jobs), CLOCK)


def test_one_that_is_awake_and_silent_is_not_replaced(state, jobs, monkeypatch):
    monkeypatch.setattr("jobrunner.engine.wake.poke.__defaults__", ("wake", 0.1))
    with closing(Doorbell(state)), pytest.raises(BusyError, match="does not answer"):
        rouse(state, jobs, CLOCK)
    assert not os.path.lexists(f"{state.folder}/run/supervisor.log")


def test_from_inside_a_run_none_is_started(state, jobs, monkeypatch):
    monkeypatch.setenv(MARK, "a-1-1")
    assert rouse(state, jobs, CLOCK) == ASLEEP
    assert awake(state) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_only_the_owner_of_the_folder_and_root_may_start_one(state, monkeypatch):
    os.chown(state.folder, 1234, -1)
    assert may_start(state)
    monkeypatch.setattr(os, "geteuid", lambda: 1235)
    assert not may_start(state)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    assert may_start(state)


def test_a_folder_that_is_not_there_yet_may_be_made():
    assert may_start(State("/nowhere/at/all"))


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        *[(name, True) for name in ("HOME", "LANG", "LC_TIME", "TZ", "XDG_STATE_HOME")],
        *[(name, True) for name in ("JOBRUNNER_STATE_DIR", "STATE_DIRECTORY", "DATABASE_URL")],
        *[(name, False) for name in ("PYTHONPATH", "LD_PRELOAD", "NOTIFY_SOCKET", "LISTEN_FDS")],
        *[(name, False) for name in (MARK, UNIT, "JOBRUNNER_JOB", "JOBRUNNER_PARAM_X")],
    ],
)
def test_of_the_environment_stays_what_jobs_may_name(name, stays):
    assert (name in scrubbed({name: "x"})) is stays


def asking(folder, monkeypatch, script):
    """Have a tick ask systemd, for which a script stands."""
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv(UNIT, "jobrunner-supervisor.service")


def test_systemd_is_asked_first(state, jobs, tmp_path, monkeypatch):
    supervise = f"-P -m jobrunner supervise --config {jobs} --state {state.folder}"
    note = f"echo $* $PPID > {tmp_path}/asked"
    start = f"setsid {sys.executable} {supervise} </dev/null >/dev/null 2>&1 &"
    asking(tmp_path, monkeypatch, f"{note}\n{start}")
    assert rouse(state, jobs, CLOCK).startswith("awake")
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("--no-ask-password --no-block start jobrunner-supervisor.service ")
    with pytest.raises(ChildProcessError):  # it is none of ours
        os.waitpid(awake(state), os.WNOHANG)


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$"])
def test_without_systemds_consent_it_is_started_all_the_same(
    state, jobs, tmp_path, monkeypatch, script
):
    asking(tmp_path, monkeypatch, script)
    assert rouse(state, jobs, CLOCK).startswith("awake")


def test_where_there_is_no_systemctl_it_is_started_all_the_same(state, jobs, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv(UNIT, "jobrunner-supervisor.service")
    assert rouse(state, jobs, CLOCK).startswith("awake")


@pytest.mark.parametrize("wanted", ["run/wanted", "nowhere/wanted"])
def test_a_file_that_nobody_watches_is_taken_back(state, jobs, monkeypatch, wanted):
    monkeypatch.setattr("jobrunner.engine.rise.UNIT_PATIENCE", 0.01)
    monkeypatch.setenv(UNIT, f"{state.folder}/{wanted}")
    assert rouse(state, jobs, CLOCK).startswith("awake")
    assert not os.path.lexists(f"{state.folder}/{wanted}")

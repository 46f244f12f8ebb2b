"""A real supervisor: awake, asleep, silent, of older code; and what dead ones left."""

import fcntl
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobrunner.engine.doctor import supervising
from tests.build import NOON
from tests.engine.doctor.clinic import as_nobody
from tests.engine.theatre import Theatre

NO_PROCESS = 1 << 22


@pytest.fixture
def run(clinic):
    """The folder that is the supervisor's alone."""
    clinic.tick()
    return Path(clinic.state.folder, "run")


@contextmanager
def awake(clinic):
    theatre = Theatre(clinic.file.parent)
    try:
        theatre.start()
        yield theatre.supervisors[-1].pid
    finally:
        theatre.close()


def test_before_anything_ran_nothing_is_said(clinic):
    assert clinic.found("supervisor") == []


def test_a_supervisor_that_sleeps_is_well(clinic, run):
    told = "the supervisor is asleep: the next tick that finds work starts it"
    assert clinic.found("supervisor") == [("ok", told)]


def test_a_supervisor_that_is_awake_is_well(clinic):
    with awake(clinic) as pid:
        found = clinic.found("supervisor")
    assert found == [("ok", f"the supervisor is awake, process {pid}")]


def test_a_supervisor_of_other_code_is_told(clinic, monkeypatch):
    monkeypatch.setattr(supervising, "code_version", lambda: "9.9+new")
    with awake(clinic):
        found = clinic.worst("supervisor")
    assert (found.severity, "and 9.9+new is installed" in found.message) == ("warning", True)


def test_a_supervisor_that_does_not_answer_is_a_problem(clinic, monkeypatch):
    monkeypatch.setattr(supervising, "PATIENCE", 0.1)
    with awake(clinic) as pid:
        os.kill(pid, signal.SIGSTOP)
        found = clinic.worst("supervisor")
        os.kill(pid, signal.SIGCONT)
    assert found.severity == "problem"
    assert f"(process {pid}) does not answer" in found.message
    assert f"kill -CONT {pid}" in found.fix


def test_whoever_holds_the_lock_and_has_no_bell_is_a_problem(clinic, run):
    with (run / "supervisor.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = clinic.worst("supervisor")
    assert found.message == f"process {os.getpid()} holds the supervisor's lock and answers nobody"


def test_what_it_complained_of_today_is_told(clinic, run):
    old = "2026-11-18T11:00:00Z error long ago\n"
    new = "2026-11-20T11:00:00Z error the disk is full\n2026-11-20T11:00:01Z info x\n"
    (run / "supervisor.log").write_text(old + new)
    found = clinic.worst("supervisor")
    assert found.message == "1 error in 24h; the last: the disk is full"
    assert found.fix == f"less {run}/supervisor.log"


def test_what_dead_processes_left_is_told(clinic, run):
    (run / f"glance.{NO_PROCESS}").touch()
    (run / f"plan.{os.getpid()}").touch()
    found = clinic.worst("supervisor")
    assert found.message == f"1 stale file in {run}"
    assert found.fix == f"rm {run}/glance.{NO_PROCESS}"


def test_what_attempts_left_long_ago_is_told(clinic, run):
    for name, age in (("1-1", 3 * 86400), ("2-1", 60)):
        path = run / "spool" / name
        path.touch()
        os.utime(path, (NOON.timestamp() - age,) * 2)
    assert clinic.worst("supervisor").fix == f"rm {run}/spool/1-1"


def test_who_may_not_look_is_told_whose_it_is(clinic, run):
    if os.geteuid():
        pytest.skip("NOT TESTED: a doctor that is called by another user, for want of root")
    clinic.look()
    with as_nobody(clinic):
        found = clinic.found("supervisor")
    assert found == [("ok", "the supervisor is root's: nobody else may look")]

"""Stopping through a real supervisor: nothing of a job is left alive, nothing else is touched."""

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from jobrunner.engine.ground import Ground
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError
from jobrunner.model.run import State
from jobrunner.process import cgroup
from tests.engine import theatre as stage
from tests.engine.theatre import CLOCK, Theatre

KINDS = (
    *("plain", "ignores_term", "own_session", "double_fork", "main_exits", "stopped"),
    *("spawns_on_term", "mixed", "cleared_child", "cleared_orphan_of_the_session"),
    *("hopper", "quick_hopper"),
)
ZOO = str(Path(__file__).parents[1] / "process/zoo.py")
# The program of the theatre, where no cgroup can be had.
WITHOUT = """
import sys
from jobrunner.process import cgroup
cgroup.home = lambda: None
from jobrunner.__main__ import main
main()
"""


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


@pytest.fixture
def no_cgroup(monkeypatch):
    program = (sys.executable, "-P", "-c", WITHOUT, "supervise")
    monkeypatch.setattr(stage, "PROGRAM", program)


@pytest.fixture
def a_cgroup():
    made = cgroup.make(f"jobrunner-test-{os.getpid()}")
    if not made:
        pytest.skip("NOT TESTED: cgroup.kill, where no cgroup can be had")
    cgroup.remove(made)


@pytest.fixture
def token(tmp_path):
    token = f"{tmp_path.name}-{os.getpid()}"
    yield token
    for _ in range(3):  # a look may miss what hops
        for pid in alive(token):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def alive(token):
    """The processes with this among their arguments: not what the tested code goes by."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if token.encode() in arguments[:6] and arguments[0] != b"sh":
            found.append(int(folder.name))
    return found


def job(command, *lines):
    return "\n".join(["[jobs.it]", f"command = {json.dumps(command)}", *lines, ""])


def open_zoo(theatre, kind, token, *lines):
    """Start a run of this kind, and wait until all of it is there; its number."""
    fifo = theatre.folder / "ready"
    os.mkfifo(fifo)
    line = f"{zoo(kind, token)}; exec sleep 271.8"  # some of them end at once
    theatre.write(job(line, 'kill_after = "100ms"', *lines))
    theatre.start()
    run = theatre.run("it")
    assert fifo.read_text() == "x"
    assert alive(token)
    return run


def stop(theatre, run):
    with suppress(BusyError):  # on a host that is busy a sweep takes longer than a ring waits
        theatre.ask("stop", run=run)
    return theatre.end_of(run)


def begin(theatre, command, *lines):
    """Start a run whose command tells in the FIFO `ready` that it is at work; its number."""
    os.mkfifo(theatre.folder / "ready")
    theatre.write(job(command, *lines))
    theatre.start()
    run = theatre.run("it")
    (theatre.folder / "ready").read_text()
    return run


@pytest.mark.parametrize("kind", [*KINDS, "escaped"])
def test_nothing_survives_in_a_cgroup(theatre, token, a_cgroup, kind):
    run = open_zoo(theatre, kind, token)
    ended = stop(theatre, run)
    assert (ended.state, ended.reason, ended.error) == (State.STOPPED, "stopped by ann", "")
    assert alive(token) == []
    theatre.until(lambda: not group_of(theatre, run).exists())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_survives_without_a_cgroup(theatre, token, no_cgroup, kind):
    ended = stop(theatre, open_zoo(theatre, kind, token))
    assert (ended.state, ended.reason, ended.error) == (State.STOPPED, "stopped by ann", "")
    assert alive(token) == []


def test_only_a_cgroup_finds_what_left_all_traces_behind(theatre, token, no_cgroup):
    assert stop(theatre, open_zoo(theatre, "escaped", token)).state is State.STOPPED
    assert len(alive(token)) == 1


@pytest.mark.parametrize("kind", ["spawns_on_term", "cleared_child", "quick_hopper"])
def test_nothing_survives_a_timeout(theatre, token, no_cgroup, kind):
    ended = theatre.end_of(open_zoo(theatre, kind, token, 'timeout = "3s"'))
    assert (ended.state, ended.reason) == (State.TIMEOUT, "timeout after 3 seconds")
    assert alive(token) == []


@pytest.mark.parametrize("kind", ["spawns_on_term", "mixed", "stopped"])
def test_nothing_survives_that_another_supervisor_started(theatre, token, no_cgroup, kind):
    run = open_zoo(theatre, kind, token)
    theatre.kill()
    theatre.start()
    assert stop(theatre, run).state is State.STOPPED
    assert alive(token) == []


def test_the_signal_that_the_job_wants_is_sent(theatre):
    traps = "trap 'echo int; exit 5' INT; trap 'echo term' TERM"
    line = f"{traps}; echo >ready; while :; do sleep 0.1; done"
    ended = stop(theatre, begin(theatre, line, 'stop_signal = "INT"'))
    assert (ended.state, ended.exit_code, theatre.output(ended)) == (State.STOPPED, 5, "int\n")


def test_who_does_not_heed_is_killed_after_the_grace(theatre):
    line = "trap '' TERM; echo >ready; while :; do sleep 0.1; done"
    run = begin(theatre, line, 'kill_after = "1s"')
    ended = stop(theatre, run)
    assert (ended.state, ended.exit_code) == (State.STOPPED, 137)
    assert ended.duration.total_seconds() >= 1


def test_stopping_many_at_once_keeps_no_other_job_waiting(theatre, token, no_cgroup):
    deaf = "trap : TERM; while :; do sleep 0.5; done"
    line = f'for n in 1 2 3; do setsid /bin/sh -c "{deaf}" {token} & done; echo >>began; {deaf}'
    many = job(line, 'kill_after = "1s"', 'overlap = "allow"', "max_instances = 10")
    theatre.write(f"{many}[jobs.quick]\ncommand = 'true'\n")
    theatre.start()
    runs = [theatre.run("it") for _ in range(10)]
    theatre.until(lambda: (theatre.folder / "began").read_text().count("\n") == 10)
    theatre.until(lambda: len(alive(token)) == 30)
    began = CLOCK.elapsed()
    for run in runs:
        theatre.ask("stop", run=run)
    waits = []
    while any(theatre.store.run(run).state.is_live for run in runs):
        waits.append(wait_of(theatre, "quick"))
    swept = CLOCK.elapsed() - began - 1  # on a busy machine all takes its time, and this the most
    assert max(waits) < max(0.2, swept / 4)
    assert {theatre.store.run(run).state for run in runs} == {State.STOPPED}
    assert alive(token) == []


def wait_of(theatre, name):
    """The seconds from asking for a run of the job until it begins."""
    asked = theatre.answer(theatre.ask(job=name))
    return (theatre.end_of(int(asked.answer)).started_at - asked.asked_at).total_seconds()


def test_newer_code_waits_for_what_is_being_stopped(theatre):
    line = "trap '' TERM; echo >ready; while :; do sleep 0.1; done"
    run = begin(theatre, line, 'kill_after = "1s"')
    theatre.ask("stop", run=run)
    poke(theatre.state, "wake other-code")
    ended = theatre.end_of(run)
    assert (ended.state, ended.exit_code) == (State.STOPPED, 137)


def test_who_heeds_is_not_waited_for(theatre):
    run = begin(theatre, "echo >ready; exec sleep 60", 'kill_after = "1h"')
    ended = stop(theatre, run)
    assert (ended.state, ended.exit_code) == (State.STOPPED, 143)


@pytest.mark.parametrize("home", ["a_cgroup", "no_cgroup"])
def test_a_daemon_that_a_job_leaves_is_left_alone(theatre, token, home, request):
    request.getfixturevalue(home)
    daemon = f"setsid {zoo('ready', token)} &"
    first = theatre.end_of(begin(theatre, f"test -e began || {{ touch began; {daemon} }}"))
    assert (first.state, first.error) == (State.SUCCESS, "")
    assert theatre.play("it").state is State.SUCCESS
    theatre.write(job("exec sleep 60"))
    assert stop(theatre, theatre.run("it")).state is State.STOPPED
    assert len(alive(token)) == 1


@pytest.mark.parametrize("home", ["a_cgroup", "no_cgroup"])
def test_a_job_that_kills_its_keeper_is_lost_and_swept(theatre, token, home, request):
    request.getfixturevalue(home)
    os.mkfifo(theatre.folder / "go")
    line = f"{zoo('mixed', token)} & read go <go; kill -9 $PPID; sleep 271.8"
    run = begin(theatre, line)
    (theatre.folder / "go").write_text("\n")
    ended = theatre.end_of(run)
    assert (ended.state, ended.exit_code) == (State.LOST, None)
    assert ended.reason == "its keeper was killed; nobody knows how it ended"
    assert alive(token) == []


def test_no_cgroup_is_left_of_what_could_not_be_started(theatre, a_cgroup):
    theatre.write(job(["/none/such"]))
    theatre.start()
    run = theatre.play("it")
    assert run.state is State.FAILED
    theatre.until(lambda: not group_of(theatre, run.id).exists())


def test_no_cgroup_is_left_of_what_ended_unseen(theatre, a_cgroup):
    run = begin(theatre, "echo >ready; read go <ready")
    theatre.kill()
    assert group_of(theatre, run).exists()
    (theatre.folder / "ready").write_text("\n")
    theatre.until(lambda: not cgroup.members(str(group_of(theatre, run))))
    theatre.start()
    assert theatre.end_of(run).state is State.SUCCESS
    theatre.until(lambda: not group_of(theatre, run).exists())


def test_the_cgroup_of_a_daemon_that_is_gone_goes_with_the_next_supervisor(
    theatre, token, a_cgroup
):
    run = theatre.end_of(begin(theatre, f"setsid {zoo('ready', token)} & exit 0")).id
    theatre.kill()
    assert group_of(theatre, run).exists()
    cgroup.kill(str(group_of(theatre, run)))
    theatre.until(lambda: not cgroup.members(str(group_of(theatre, run))))
    theatre.start()
    theatre.until(lambda: not group_of(theatre, run).exists())


def zoo(kind, token):
    """A shell's words for one of the zoo, which tells in the FIFO `ready` that it is there."""
    return f"{sys.executable} -I -S {ZOO} {kind} {token} ready"


def group_of(theatre, run):
    ground = Ground(state=theatre.state, host="", clock=CLOCK, inherited={}, soft_files=0)
    return Path(f"{cgroup.home()}/{ground.cgroup_name(run, 1)}")

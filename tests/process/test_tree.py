"""Stopping: nothing of a command is left alive, and nothing else is touched."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from jobrunner.clock import SystemClock
from jobrunner.process import cgroup, spool
from jobrunner.process.birth import Birth, birth_of
from jobrunner.process.census import Census
from jobrunner.process.identity import identify
from jobrunner.process.spool import Code
from jobrunner.process.tree import Tree, ask, end, is_empty, stop
from tests.process.stage import ENV, PATIENCE, has_ended

KINDS = (
    *("plain", "ignores_term", "own_session", "double_fork", "main_exits", "stopped"),
    *("spawns_on_term", "mixed", "cleared_child", "cleared_orphan_of_the_session", "hopper"),
)
CLOCK = SystemClock()
ZOO = str(Path(__file__).with_name("zoo.py"))


@pytest.fixture
def token(tmp_path):
    token = f"{tmp_path.name}-{os.getpid()}"
    yield token
    while any(kill_all(token) for _ in range(3)):  # a look may miss what hops
        pass


@pytest.fixture
def group(token):
    made = cgroup.make(f"jobrunner-{token}")
    if not made:
        pytest.skip("NOT TESTED: cgroup.kill, where no cgroup can be had")
    yield made
    cgroup.kill(made)
    for each in cgroup.members(made):
        os.waitpid(each.pid, 0)
    cgroup.remove(made)


def kill_all(token):
    found = alive(token)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def alive(token):
    """The pids with the token among their arguments: not what the tested code goes by."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if token.encode() in arguments[:6] and arguments[0] != b"sh":
            found.append(int(folder.name))
    return found


def open_zoo(stage, kind, token, group="", **changes):
    """Start one, wait until all of it is there; what to stop."""
    fifo = stage.folder / "ready"
    os.mkfifo(fifo)
    marker = f"JOBRUNNER_RUN_ID={token}"
    env = {**ENV, "JOBRUNNER_RUN_ID": token}
    argv = (sys.executable, "-I", "-S", ZOO, kind, token, str(fifo))
    child = stage.start(*argv, env=env, cgroup=group, **changes)
    assert fifo.read_text() == "x"
    assert alive(token)
    return child, Tree(keeper=child.birth, marker=marker, cgroup=group)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_survives_the_sweeps(stage, token, kind):
    child, tree = open_zoo(stage, kind, token)
    assert stop(tree, child, signal.SIGTERM, 0.1, CLOCK) == []
    assert alive(token) == []


@pytest.mark.parametrize("kind", [*KINDS, "quick_hopper", "escaped"])
def test_nothing_survives_in_a_cgroup(stage, token, group, kind):
    child, tree = open_zoo(stage, kind, token, group)
    assert stop(tree, child, signal.SIGTERM, 0.1, CLOCK) == []
    assert alive(token) == []
    assert cgroup.remove(group)


def test_only_a_cgroup_finds_what_left_all_traces_behind(stage, token):
    child, tree = open_zoo(stage, "escaped", token)
    assert stop(tree, child, signal.SIGTERM, 0.1, CLOCK) == []
    assert len(alive(token)) == 1


@pytest.mark.parametrize("kind", [*KINDS, "escaped", "deaf_escaped"])
def test_nothing_survives_a_keeper_that_gets_its_orphans(stage, token, kind):
    child, tree = open_zoo(stage, kind, token, is_strict=True)
    assert stop(tree, child, signal.SIGTERM, 0.1, CLOCK) == []
    assert alive(token) == []


def test_a_strict_keeper_tells_the_code_and_ends_with_its_command(stage):
    assert stage.run("(setsid sleep 60 &) ; exit 7", is_strict=True) == Code(7)


def test_who_asks_is_obeyed_within_the_grace(stage, token):
    child, tree = open_zoo(stage, "plain", token)
    assert ask(tree) == 2
    stage.end(child)
    assert spool.read(stage.spool) == Code(143)


def test_the_keeper_tells_the_code_of_what_was_killed(stage, token):
    child, tree = open_zoo(stage, "ignores_term", token)
    stop(tree, child, signal.SIGTERM, 0.1, CLOCK)
    assert spool.read(stage.spool) == Code(137)


def test_the_keeper_outlives_the_cgroup_and_tells_the_code(stage, token, group):
    child, tree = open_zoo(stage, "ignores_term", token, group)
    stop(tree, child, signal.SIGTERM, 0.1, CLOCK)
    assert spool.read(stage.spool) == Code(137)


def test_a_look_tells_whether_anything_is_left(stage, token):
    child, tree = open_zoo(stage, "ignores_term", token)
    assert not is_empty(tree)
    stop(tree, child, signal.SIGTERM, 0, CLOCK)
    assert is_empty(tree)


def test_another_signal_can_be_sent(stage, token):
    child, tree = open_zoo(stage, "plain", token)
    ask(tree, signal.SIGINT)
    assert has_ended(child, PATIENCE)
    assert spool.read(stage.spool) in (Code(130), Code(1))


def test_a_stopped_keeper_is_ended_too(stage, token):
    child, tree = open_zoo(stage, "plain", token)
    os.kill(child.pid, signal.SIGSTOP)
    assert end(tree, CLOCK) == []
    assert has_ended(child)


def test_what_a_dead_keeper_leaves_is_found_by_its_marker(stage, token):
    child, tree = open_zoo(stage, "double_fork", token)
    os.kill(child.pid, signal.SIGKILL)
    stage.end(child)
    assert end(tree, CLOCK) == []
    assert alive(token) == []


def test_other_commands_are_not_touched(stage, token):
    other = stage.start("exec sleep 60", env={**ENV, "JOBRUNNER_RUN_ID": f"{token}x"})
    child, tree = open_zoo(stage, "mixed", token)
    stop(tree, child, signal.SIGTERM, 0, CLOCK)
    assert not has_ended(other)


def test_a_keeper_with_the_number_of_another_is_not_signalled(stage):
    other = stage.start("exec sleep 60")
    older = Birth(other.pid, other.birth.boot, other.birth.started - 1)
    assert end(Tree(keeper=older, marker="JOBRUNNER_RUN_ID=none-such"), CLOCK) == []
    assert not has_ended(other)


def test_an_empty_marker_makes_no_stranger_ours(stage, token):
    child, _ = open_zoo(stage, "plain", token)
    assert {each.pid for each in Census(child.birth, "").take()} == {*alive(token)}


def test_a_command_that_is_gone_leaves_nothing_to_do(stage):
    child = stage.start("true")
    tree = Tree(keeper=child.birth, marker="JOBRUNNER_RUN_ID=none-such")
    stage.end(child)
    assert (ask(tree), end(tree, CLOCK)) == (0, [])


def test_no_descriptor_is_left_open(stage, token):
    before = len([*Path("/proc/self/fd").iterdir()])
    child, tree = open_zoo(stage, "mixed", token)
    stop(tree, child, signal.SIGTERM, 0.1, CLOCK)
    assert len([*Path("/proc/self/fd").iterdir()]) == before + 1  # the child's own


def test_another_user_is_put_into_the_cgroup_by_us(stage, group):
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: a change of user, without root")
    told = stage.tell("cat /proc/self/cgroup", cgroup=group, identity=identify("nobody"))
    assert f"/{Path(group).name}\n" in told


def test_a_cgroup_that_is_gone_keeps_nothing_from_starting(stage):
    assert stage.run("exit 3", cgroup="/sys/fs/cgroup/none-such") == Code(3)


def test_a_look_that_finds_one_just_dead_is_not_sure():
    """What has left at once may have started another since the processes were listed."""
    census = Census(birth_of(os.getpid()), "")
    was_sure = []
    for _ in range(20):  # of any one look the host's other processes may make it unsure
        pid = os.posix_spawn("/bin/true", ["true"], {})
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        list(census.take())
        os.waitpid(pid, 0)
        was_sure.append(census.is_sure)
    assert not any(was_sure)

"""Adoption: the living one is found, the dead one's code too, and never another process."""

import os
from pathlib import Path

import pytest

from jobrunner.process.adopt import Ended, adopt
from jobrunner.process.birth import Birth, boot_id, open_pidfd, status
from jobrunner.process.reap import reap
from jobrunner.process.spool import Code, Damaged, Unfinished
from tests.process.stage import PATIENCE, has_ended


def test_a_living_keeper_is_found(stage):
    child = stage.start("exec sleep 60")
    found = adopt(child.birth, stage.spool)
    assert found.birth == child.birth
    assert not has_ended(found)
    found.close()


def test_a_found_keeper_tells_its_end(stage, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    child = stage.start(f"read line <{gate}; exit 3")
    found = adopt(child.birth, stage.spool)
    gate.write_text("on\n")
    assert has_ended(found, PATIENCE)
    found.close()
    assert adopt(child.birth, stage.spool) == Ended(Code(3))


@pytest.mark.parametrize("is_reaped", [False, True])
def test_the_code_of_an_ended_keeper_is_read(stage, is_reaped):
    child = stage.start("exit 4")
    birth = child.birth
    assert has_ended(child, PATIENCE)
    if is_reaped:
        stage.children.remove(child)
        reap(child)
    assert adopt(birth, stage.spool) == Ended(Code(4))


def test_a_killed_keeper_ended_without_a_code(stage):
    child = stage.start("kill -9 $PPID")
    birth = child.birth
    stage.end(child)
    assert adopt(birth, stage.spool) == Ended(Unfinished())


def test_another_process_with_its_number_is_not_it(stage):
    other = stage.start("exec sleep 60").birth
    older = Birth(other.pid, other.boot, other.started - 1)
    assert adopt(older, stage.spool) == Ended(Unfinished())
    assert open_pidfd(older.pid, older.started) is None


def test_another_boot_is_another_process(stage):
    birth = stage.start("exec sleep 60").birth
    past = Birth(birth.pid, "before", birth.started)
    assert adopt(past, stage.spool) == Ended(Unfinished())


def test_without_a_spool_nobody_knows(stage, tmp_path):
    gone = adopt(Birth(2**22, boot_id(), 1), str(tmp_path / "none"))
    assert isinstance(gone.spooled, Damaged)


def test_a_name_with_brackets_does_not_confuse_the_table(stage, tmp_path):
    program = tmp_path / ") Z 1 (x"
    program.symlink_to("/bin/sleep")
    child = stage.start(str(program), "60")
    assert status(child.pid).parent == os.getpid()


def test_no_descriptor_is_left_open(stage):
    child = stage.start("exec sleep 60")
    before = [*Path("/proc/self/fd").iterdir()]
    adopt(Birth(child.pid, child.birth.boot, 1), stage.spool)
    adopt(child.birth, stage.spool).close()
    assert len([*Path("/proc/self/fd").iterdir()]) == len(before)

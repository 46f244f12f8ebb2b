"""A command's way to its end, a step at a time, and none that waits."""

import signal

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.stopping import NEVER, Stopping
from jobrunner.process import spool
from jobrunner.process.tree import Sweep, Tree
from tests.process.stage import ENV, PATIENCE, Stage, has_ended

CLOCK = SystemClock()
DEAF = "trap '' TERM; echo; while :; do sleep 1; done"


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def begin(stage, line, grace=60.0):
    """A command at work, and its way to its end."""
    mark = f"JOBRUNNER_MARK={stage.folder}"
    child = stage.start(line, env={**ENV, "JOBRUNNER_MARK": str(stage.folder)})
    while not stage.output.stat().st_size:
        has_ended(child, 1)
    return child, Stopping(Tree(keeper=child.birth, marker=mark), CLOCK, signal.SIGTERM, grace)


def go_on(stopping, child):
    """Step until its keeper has ended; what survived."""
    found = 0
    while not has_ended(child, 1):
        found += stopping.step()
    return found


def finish(stopping):
    stopping.desert()
    while stopping.survivors is None:
        stopping.step()
    return stopping.survivors


def test_who_heeds_ends_by_itself(stage):
    child, stopping = begin(stage, "echo; exec sleep 60")
    assert stopping.next_at == NEVER
    stopping.ask()
    assert stopping.is_asked
    assert stopping.next_at <= CLOCK.elapsed()
    go_on(stopping, child)
    assert (finish(stopping), stopping.next_at) == (0, NEVER)
    assert spool.read(stage.spool) == spool.Code(143)


def test_who_does_not_heed_has_its_grace_and_is_killed(stage):
    child, stopping = begin(stage, DEAF)
    stopping.ask()
    stopping.step()
    assert stopping.next_at > CLOCK.elapsed() + 50
    stopping.force()
    assert (go_on(stopping, child), finish(stopping)) == (0, 0)
    assert spool.read(stage.spool) == spool.Code(137)


def test_the_children_of_who_ended_at_once_have_its_grace(stage):
    line = f'{{ trap "" TERM; sleep 0.3; echo late >>{stage.folder}/told; }} & echo; exec sleep 60'
    child, stopping = begin(stage, line)
    stopping.ask()
    go_on(stopping, child)
    assert finish(stopping) == 0
    assert (stage.folder / "told").read_text() == "late\n"


def test_what_a_keeper_was_to_see_to_that_ended_without_a_word_is_swept_at_once(stage):
    child, stopping = begin(stage, f"{DEAF} & echo; kill -9 $PPID; exec sleep 60")
    assert has_ended(child, PATIENCE)
    assert finish(stopping) == 0
    assert not stopping.is_asked


def test_a_sweep_that_fails_is_begun_again(stage, monkeypatch):
    def fail(_):
        monkeypatch.undo()
        raise OSError(24, "Too many open files")

    child, stopping = begin(stage, DEAF)
    stopping.ask()
    stopping.force()
    monkeypatch.setattr(Sweep, "step", fail)
    with pytest.raises(OSError, match="Too many"):
        stopping.step()
    assert CLOCK.elapsed() < stopping.next_at < CLOCK.elapsed() + 1
    assert (go_on(stopping, child), finish(stopping)) == (0, 0)

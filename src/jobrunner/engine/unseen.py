"""What is left of an attempt that nobody was looking after when it ended."""

import os
from datetime import datetime

from jobrunner.engine.attempt import GIVEN_UP, TIMEOUT, Left, ended_at, noted_stop
from jobrunner.engine.ground import Ground
from jobrunner.model.run import Run
from jobrunner.process import spool
from jobrunner.process.birth import Birth
from jobrunner.process.output import Output
from jobrunner.process.tree import Tree, end
from jobrunner.store.base import Store

NO_KEEPER = Birth(1 << 22, "", -1)  # above the highest number that a kernel gives


def left(run: Run, started: datetime, ground: Ground, *, is_marked: bool = True) -> Left:
    """What it left, its keeper being gone.

    One without a code was killed with its keeper: what bears its mark still is swept, if there may
    be anything (`is_marked`).
    """
    spooled = spool.read(ground.state.spool(run.id, run.attempts))
    has_code = isinstance(spooled, spool.Code | spool.Refused)
    is_left = not has_code and (is_marked or bool(ground.cgroup(run.id, run.attempts)))
    stored = ended_at(run.id, run.attempts, ground) if has_code else None
    finished = max(stored or ground.clock.now(), started)
    by = noted_stop(run.id, run.attempts, ground)
    return Left(
        spooled=spooled,
        usage=None,
        duration=finished - started,
        output=_output(ground.state.output_path(run.output)),
        survivors=end_rest(run, ground) if is_left else 0,
        is_timed_out=by == TIMEOUT,
        stopped_by="" if by.startswith("\0") else by,
        given_up=by.removeprefix(GIVEN_UP) if by.startswith(GIVEN_UP) else "",
        finished_at=finished,
    )


def end_rest(run: Run, ground: Ground, keeper: Birth = NO_KEEPER) -> int:
    """End all of a command; without a keeper it bears the mark still.  How many survive."""
    tree = Tree(
        keeper=keeper,
        marker=ground.marker(run.id, run.attempts),
        cgroup=ground.cgroup(run.id, run.attempts),
    )
    return len(end(tree, ground.clock))


def started_at(run: Run, store: Store) -> datetime:
    """When its last attempt began."""
    attempts = store.attempts(run.id)
    return attempts[-1].started_at if attempts else run.created_at


def _output(path: str) -> Output:
    try:
        return Output(size=os.stat(path, follow_symlinks=False).st_size)  # noqa: PTH116 - paths are strings here
    except OSError:
        return Output()

"""A named lock of a run that no supervisor looks after: held from its first attempt to its last.

The kernel lets go of it with this process, however it ends.  The number of the run stands in the
file, so that a command which outlives its `jobrunner exec` holds the lock until it has ended too.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jobrunner.clock import Clock
from jobrunner.engine.ground import Ground
from jobrunner.engine.padlock import last, opened
from jobrunner.model.run import Run
from jobrunner.model.run import State as RunState
from jobrunner.model.settings import Config
from jobrunner.process.flock import taken
from jobrunner.store.base import Store

TRIES = 25
PAUSE = 0.02  # seconds; a supervisor has it while it begins a job, and for no other reason


@contextmanager
def held(run: Run, name: str, ground: Ground, store: Store, config: Config) -> Iterator[str]:
    """Hold the lock of this name while the block lasts; else a sentence that says who has it.

    Jobs that name it as their `lock` have it while they run.
    """
    if not name:
        yield ""
        return

    def rival(number: int) -> str:
        return _rival(run, number, name, store, config)

    try:
        file = opened(ground.state, name)
    except OSError as error:
        yield f'lock "{name}" cannot be had: {error.filename}: {error.strerror}'
        return
    try:
        holder = _holder(file, run, ground.clock, rival)
        yield f'lock "{name}" is held by {holder}' if holder else ""
    finally:
        os.close(file)


def _holder(file: int, run: Run, clock: Clock, rival: Callable[[int], str]) -> str:
    """Who has the lock; '' if it is ours now.

    It is taken first: what a job has begun until then is in the ledger.
    """
    for _ in range(TRIES):
        before = last(file)
        is_ours = taken(file)
        if found := rival(before):
            return found
        if is_ours:
            os.ftruncate(file, 0)
            os.pwrite(file, str(run.id).encode(), 0)
            return ""
        clock.sleep(PAUSE)
    return "another"


def _rival(run: Run, number: int, name: str, store: Store, config: Config) -> str:
    """Another run that is not over and has the lock: that of this number, or one of a job's."""
    others = [each for each in store.live() if each.id != run.id]
    found = next((each for each in others if each.id == number), None)
    found = found or next((each for each in others if _needs(each, name, config)), None)
    return f"{found.job} #{found.id}" if found else ""


def _needs(run: Run, name: str, config: Config) -> bool:
    job = config.jobs.get(run.job)
    return job is not None and job.lock == name and run.state is RunState.RUNNING

"""A named lock of a run that no supervisor looks after: held from its first attempt to its last.

The kernel lets go of it with this process, however it ends.  The number of the run stands in the
file, so that a command which outlives its `jobrunner exec` holds the lock until it has ended too.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobrunner.engine.state import State
from jobrunner.model.run import Run
from jobrunner.model.run import State as RunState
from jobrunner.model.settings import Config
from jobrunner.store.base import Store

FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
LONGEST = 20


@contextmanager
def held(run: Run, name: str, state: State, store: Store, config: Config) -> Iterator[str]:
    """Hold the lock of this name while the block lasts; else a sentence that says who has it.

    Jobs that name it as their `lock` have it while they run.
    """
    if not name:
        yield ""
        return
    try:
        file = _open(state, name)
    except OSError as error:
        yield f'lock "{name}" cannot be had: {error.filename}: {error.strerror}'
        return
    try:
        holder = _holder(file, run, name, store, config)
        if not holder:
            os.ftruncate(file, 0)
            os.pwrite(file, str(run.id).encode(), 0)
        yield f'lock "{name}" is held by {holder}' if holder else ""
    finally:
        os.close(file)


def _open(state: State, name: str) -> int:
    folder = Path(state.folder, "run", "locks")
    folder.mkdir(mode=0o700, exist_ok=True)
    return os.open(folder / f"{name}.lock", FLAGS, 0o600)


def _holder(file: int, run: Run, name: str, store: Store, config: Config) -> str:
    """Who has the lock; '' if it is ours now."""
    last = os.pread(file, LONGEST, 0)
    number = int(last) if last.isdigit() else 0
    others = [each for each in store.live() if each.id != run.id]
    found = next((each for each in others if each.id == number), None)
    found = found or next((each for each in others if _needs(each, name, config)), None)
    if not _take(file):
        return f"{found.job} #{found.id}" if found else "another"
    return f"{found.job} #{found.id}" if found else ""


def _needs(run: Run, name: str, config: Config) -> bool:
    job = config.jobs.get(run.job)
    return job is not None and job.lock == name and run.state is RunState.RUNNING


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

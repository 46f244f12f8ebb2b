"""Named locks between the supervisor's jobs and commands that run outside of it, as by `exec`.

A command outside holds a lock file from its first attempt to its last, with the number of its run
in it.  Jobs have their locks in the supervisor; it holds the file only while it begins one, and
what has begun is in the ledger by then, where whoever takes the file looks next.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC
from pathlib import Path

from jobrunner.engine.actions.outside import outsider, sweep
from jobrunner.engine.post import Post
from jobrunner.engine.state import State
from jobrunner.model.job import Job
from jobrunner.model.run import Run
from jobrunner.model.value import Zone
from jobrunner.policy.place import Busy
from jobrunner.process import flock

LONGEST = 20  # digits
ANYWHERE = Zone("UTC", UTC)


def opened(state: State, name: str) -> int:
    """The file of a lock."""
    folder = Path(state.folder, "run", "locks")
    folder.mkdir(mode=0o700, exist_ok=True)
    return flock.opened(f"{folder}/{name}.lock")


def last(file: int) -> int:
    """The run that had it last, 0 if none had."""
    text = os.pread(file, LONGEST, 0)
    return int(text) if text.isdigit() else 0


@contextmanager
def guarded(names: Iterable[str], post: Post) -> Iterator[dict[str, Busy | None]]:
    """Keep others from these locks while the block lasts; those that are held, and by whom.

    None for one that somebody is just taking.
    """
    with ExitStack() as files:
        found: dict[str, Busy | None] = {}
        for name in names:
            try:
                file = opened(post.ground.state, name)
            except OSError as error:  # those that need no lock are not to wait for it
                post.diary.error(f'lock "{name}" cannot be had: {error.filename}: {error.strerror}')
                found[name] = None
                continue
            files.callback(os.close, file)
            is_ours = flock.taken(file)
            holder = _holder(last(file), post)
            if holder is not None:
                found[name] = Busy(holder, Job(name=holder.job, lock=name, timezone=ANYWHERE))
            elif not is_ours:
                found[name] = None
        yield found


def _holder(number: int, post: Post) -> Run | None:
    """The run outside that has the lock; the end of one that nobody looks after is seen to."""
    run = post.store.run(number) if number else None
    owner = outsider(run.owner) if run and run.state.is_live else None
    if run is None or owner is None:
        return None
    if owner.is_alive():
        return run
    sweep(post.store, post.ground, ANYWHERE)
    run = post.store.run(number)
    return run if run and run.state.is_live else None

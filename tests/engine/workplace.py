"""A post without a supervisor around it: for its parts, each alone over a real ledger."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from jobrunner.clock import Clock, SystemClock
from jobrunner.engine.diary import Diary
from jobrunner.engine.ground import Ground
from jobrunner.engine.post import Post
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.model.job import Job
from jobrunner.model.run import Run, Trigger
from jobrunner.model.settings import Config
from jobrunner.store.value import NewRun

CLOCK = SystemClock()
HOST = "h"


@contextmanager
def a_post(
    folder: Path, *jobs: Job, clock: Clock = CLOCK, host: str = HOST, **config: Any
) -> Iterator[Post]:
    """A post whose jobs these are."""
    state = State(str(folder / "state"))
    prepare(state)
    ground = Ground(state=state, host=host, clock=clock, inherited={}, soft_files=1024)
    plan = Config(origin=f"{folder}/jobs.toml", jobs={job.name: job for job in jobs}, **config)
    with closing(ledger(state)) as store:
        yield Post(ground, store, "us", plan, Diary(clock))


def queue(post: Post, job: str, owner: str = "us", **changes: Any) -> Run:
    """A run of the job that waits."""
    new = NewRun(**({"job": job, "trigger": Trigger.MANUAL} | changes))
    run = post.store.add(new, owner=owner, host=post.ground.host, now=post.now())
    assert run is not None
    return run

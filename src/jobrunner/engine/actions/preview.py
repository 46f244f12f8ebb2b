"""What a run would execute, for who wants to see it before."""

import os
import resource
from datetime import datetime

from msgspec import Struct, json

from jobrunner.clock import Clock
from jobrunner.engine.diary import Diary
from jobrunner.engine.ground import Ground, identity_of
from jobrunner.engine.location import name_of
from jobrunner.engine.order import RunOrder
from jobrunner.engine.post import Post
from jobrunner.engine.scene import Scene, host_of
from jobrunner.engine.setting import preparer
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError
from jobrunner.model.job import Job
from jobrunner.model.run import Run
from jobrunner.model.run import State as RunState
from jobrunner.model.settings import Config
from jobrunner.process.failure import Failure

NOBODY = 0  # no run has this number


class Preview(Struct, frozen=True, kw_only=True):
    """A command, who runs it and where, and the names of the variables that it gets."""

    command: tuple[str, ...]
    user: str
    folder: str
    environment: tuple[str, ...]


def preview(scene: Scene, job: Job, order: RunOrder, clock: Clock) -> Preview:
    """What this order would execute if it were given now; nothing is written or started."""
    identity = identity_of(job)
    if isinstance(identity, Failure):
        raise ForbiddenError(f"{job.name}: {identity.message}.")
    ground = ground_of(scene.config, scene.state, clock)
    post = Post(ground, scene.store, "", scene.config, Diary(clock))
    run = _run(job, order, clock.now())
    task = preparer(post, [run])(run, job, identity)
    return Preview(
        command=task.argv,
        user=identity.name,
        folder=task.cwd,
        environment=tuple(sorted(task.env)),
    )


def ground_of(config: Config, state: State, clock: Clock) -> Ground:
    """The ground on which this process would start attempts itself."""
    return Ground(
        state=state,
        host=host_of(config.settings),
        clock=clock,
        inherited=os.environ,
        soft_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        ledger=name_of(config.settings),
    )


def _run(job: Job, order: RunOrder, now: datetime) -> Run:
    return Run(
        id=NOBODY,
        job=job.name,
        scheduled_for=None,
        slot_of=order.slot_of,
        trigger=order.trigger,
        state=RunState.RUNNING,
        params=json.encode(order.params).decode() if order.params else "",
        created_at=now,
        attempts=1,
        started_at=now,
    )

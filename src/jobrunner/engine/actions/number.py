"""The number of a job's process, for who wants to look at it with other tools."""

from jobrunner.clock import Clock
from jobrunner.engine.actions.preview import ground_of
from jobrunner.engine.scene import Scene
from jobrunner.model.run import Run
from jobrunner.process.find import child, keepers


def pid_of(scene: Scene, run: Run, clock: Clock) -> int | None:
    """The process that the attempt of this run has on this host; None if we see none.

    It takes a look at every process, and is asked once an attempt.
    """
    ground = ground_of(scene.config, scene.state, clock)
    keeper = keepers().get(ground.mark(run.id, run.attempts))
    return child(keeper) if keeper else None

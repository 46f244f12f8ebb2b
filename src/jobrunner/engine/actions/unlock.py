"""Lets go of what a dead run still holds, and of nothing else."""

from collections.abc import Mapping

from jobrunner.clock import Clock
from jobrunner.config.spelling import unknown
from jobrunner.engine.actions import ask
from jobrunner.engine.report.lock import Lock, names, of_name, see_locks
from jobrunner.engine.scene import Scene
from jobrunner.errors import BusyError, UnknownError
from jobrunner.model.run import Run, State
from jobrunner.words import listed

PATIENCE = 10.0  # seconds until the supervisor has settled what it found
PACE = 0.02


def unlock(scene: Scene, name: str, clock: Clock) -> list[Run]:
    """Have the dead runs that hold it settled; those runs, as they stand then.

    None of them if nobody holds it.  BusyError if a holder lives, or nobody can tell: a file's lock
    is let go by the kernel when its process ends, and by nobody before.
    """
    held = of_name(see_locks(scene), name)
    if not held:
        _refuse_unknown(scene, name)
        return []
    for lock in held:
        _refuse_living(lock)
    dead = [run for lock in held if lock.run and (run := scene.store.run(lock.run))]
    ask.wake(scene, clock)
    return _settled(scene, {run.id: run for run in dead}, clock)


def _settled(scene: Scene, dead: Mapping[int, Run], clock: Clock) -> list[Run]:
    """Wait until a supervisor has taken over each of them, and seen that its attempt is over."""
    deadline = clock.elapsed() + PATIENCE
    while True:
        now = [run for number in dead if (run := scene.store.run(number))]
        if all(_is_settled(run, dead[run.id]) for run in now):
            return now
        if clock.elapsed() > deadline:
            left = listed(f"#{run.id}" for run in now)
            raise BusyError(
                f"{left}: no supervisor has taken it over yet; the next tick has one do it.\n"
                "Whether one comes: jobrunner doctor"
            )
        clock.sleep(PACE)


def _is_settled(run: Run, before: Run) -> bool:
    is_over = (run.state, run.attempts) != (State.RUNNING, before.attempts)
    return run.owner != before.owner and is_over


def _refuse_living(lock: Lock) -> None:
    if lock.kind == "file":
        raise BusyError(
            f"{lock.name} is held by process {lock.pid}, which lives.\n"
            "It is the kernel's lock: gone when that process ends, and not before."
        )
    if lock.life == "alive":
        who = f"process {lock.pid}" if lock.pid else "its supervisor"
        raise BusyError(
            f"{lock.name} is held by {lock.job} #{lock.run}: {who} lives.\n"
            f"Watch it: jobrunner logs -f {lock.run}   Stop it: jobrunner stop {lock.run}"
        )
    if lock.life == "unknown":
        raise BusyError(
            f"{lock.name} is held by {lock.job} #{lock.run}, and whether that lives cannot be told"
            " here.\nAsk on the host where it runs: jobrunner show " + str(lock.job)
        )


def _refuse_unknown(scene: Scene, name: str) -> None:
    known = names(scene)
    if name not in known and not _is_run(scene, name):
        held = "What is held: jobrunner locks"
        raise UnknownError(unknown("job, lock or pool", name, known, held))


def _is_run(scene: Scene, name: str) -> bool:
    return name.isascii() and name.isdigit() and scene.store.run(int(name)) is not None

"""Ends runs: those of a supervisor by a request, those of `jobrunner exec` by a signal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from jobrunner.clock import Clock
from jobrunner.config.zone import host_zone
from jobrunner.engine.actions import ask
from jobrunner.engine.actions.outside import Outsider, outsider, put_down
from jobrunner.engine.actions.preview import ground_of
from jobrunner.engine.past.choose import choose, is_known
from jobrunner.engine.scene import Scene
from jobrunner.errors import BusyError, ForbiddenError
from jobrunner.model.run import Run

PACE = 0.05


def chosen(scene: Scene, names: Sequence[str]) -> list[Run]:
    """The runs that are meant and not over: of each name, or all; BusyError if there are none."""
    live = scene.store.live()
    if not names:
        if not live:
            raise BusyError("nothing runs and nothing waits: there is nothing to stop.")
        return live
    found: dict[int, Run] = {}
    for name in names:
        of_job = [run for run in live if run.job == name]
        if not of_job and is_known(name, scene.store, scene.config.jobs):
            raise BusyError(f"no run of {name} is going on: there is nothing to stop.")
        for run in of_job or [_live(choose(name, scene.store, scene.config.jobs))]:
            found[run.id] = run
    return [*found.values()]


def ask_all(scene: Scene, runs: Sequence[Run], clock: Clock, *, by: str) -> Mapping[int, int]:
    """Ask each of these to end; the numbers of requests by those of the runs that have one."""
    requests = {}
    for run in runs:
        owner = outsider(run.owner)
        if owner is None:
            requests[run.id] = ask.stop(scene, run, by=by, now=clock.now())
        elif not owner.ask_to_stop() and not _put_down(scene, run, clock):
            raise _out_of_reach(run, owner)
    if requests:
        ask.wake(scene, clock)
    return requests


def ask_one(scene: Scene, run: Run, *, by: str, now: datetime, force: bool = False) -> int | None:
    """Ask a run to end; the number of the request, None if it is a process that heard it itself.

    Nobody is woken for it.
    """
    owner = outsider(run.owner) if run.state.is_live else None
    if owner is None:
        return ask.stop(scene, run, by=by, now=now, force=force)
    if not owner.ask_to_stop():
        raise _out_of_reach(run, owner)
    return None


def ended(
    scene: Scene, runs: Sequence[Run], requests: Mapping[int, int], clock: Clock
) -> Iterator[Run]:
    """Each of the runs, as soon as it is over; BusyError if nobody would stop one."""
    left = {run.id for run in runs}
    while left:
        for number in sorted(left):
            run = scene.store.run(number)
            if run is None or not run.state.is_live:
                left.discard(number)
                if run is not None:
                    yield run
            elif number in requests:
                _refused(scene, requests[number])
        if left:
            clock.sleep(PACE)


def _put_down(scene: Scene, run: Run, clock: Clock) -> bool:
    ground = ground_of(scene.config, scene.state, clock)
    return put_down(scene.store, ground, run, host_zone())


def _out_of_reach(run: Run, owner: Outsider) -> ForbiddenError:
    return ForbiddenError(
        f"{run.job} #{run.id} belongs to a jobrunner exec that cannot be reached:"
        f" process {owner.birth.pid} on {owner.host}."
    )


def _live(run: Run) -> Run:
    if not run.state.is_live:
        raise BusyError(f"{run.job} #{run.id} is already over: {run.state}.")
    return run


def _refused(scene: Scene, request: int) -> None:
    """BusyError with the answer to a request, if it is a no."""
    found = scene.store.request(request)
    if found is not None and found.done is False:
        raise BusyError(f"{found.answer}.")

"""Asks the supervisor for something: the request is kept in the ledger first, then he is woken."""

from collections.abc import Callable
from datetime import datetime

from jobrunner.clock import Clock
from jobrunner.config.spelling import unknown
from jobrunner.engine import order
from jobrunner.engine.actions import fit
from jobrunner.engine.order import RunOrder, StopOrder
from jobrunner.engine.report.host import of_fleet
from jobrunner.engine.rise import rouse
from jobrunner.engine.scene import Scene, host_of
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError, UnknownError, UnusableError
from jobrunner.kinds import param
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.policy import placement
from jobrunner.store.fleet import Fleet
from jobrunner.store.value import Request
from jobrunner.words import short

PACE = 0.02  # seconds between two looks for an answer
FILELESS = "<"  # how the origin of what is in no file begins


class SecondError(BusyError):
    """A run beside another one of its job, which the job does not allow."""


def run(scene: Scene, job: str, wanted: RunOrder, *, by: str, now: datetime) -> int:
    """Ask for a run; the number of the request.

    Refused before anybody is asked: an unknown job, parameters that it does not take, and a second
    run beside one that is going, where the job does not allow it and the order does not insist.
    """
    _refuse_fileless(scene)
    declared = known(scene, job)
    # Who asks may be far away: no value holds up those who are served beside him.
    late = fit.slow(declared, wanted.params)
    problems = [late] if late else param.check(declared, wanted.params)
    if problems:
        raise UnusableError("\n".join(problems))
    if (wanted.overlap or declared.overlap) == "skip" and not wanted.overlap:
        _refuse_second(scene, declared, now)
    return scene.store.ask(
        Request(
            kind="run",
            job=job,
            host=place_of(scene, declared),
            arguments=order.encode(wanted),
            asked_by=by,
            asked_at=now,
        )
    )


def retry(scene: Scene, run: Run, *, by: str, now: datetime) -> int:
    """Ask for the same again, with the slot and the parameters of a run that is over."""
    _refuse_fileless(scene)
    declared = known(scene, run.job)
    place = run.place if run.place and scene.is_shared else place_of(scene, declared)
    if run.state.is_live:
        raise BusyError(f"{run.job} #{run.id} is not over yet: {run.state}.\n{watch_or_stop(run)}")
    if run.slots > 1:
        raise UnusableError(
            f"#{run.id} stands for {run.slots:,} slots of {run.job}.\n"
            f"Run them: jobrunner backfill {run.job} --from DATE --to DATE"
        )
    return scene.store.ask(
        Request(kind="retry", job=run.job, run=run.id, host=place, asked_by=by, asked_at=now)
    )


def stop(scene: Scene, run: Run, *, by: str, now: datetime, force: bool = False) -> int:
    """Ask for the end of a run that is not over."""
    if not run.state.is_live:
        raise BusyError(f"{run.job} #{run.id} is already over: {run.state}.")
    return scene.store.ask(
        Request(
            kind="stop",
            job=run.job,
            run=run.id,
            host=run.host if isinstance(scene.store, Fleet) and run.owner else "",
            arguments=order.encode(StopOrder(force)) if force else "",
            asked_by=by,
            asked_at=now,
        )
    )


def wake(scene: Scene, clock: Clock) -> None:
    """Have the requests seen to: now, or by the next tick where this user may not start anybody.

    Of hosts that share a ledger any may see to them, and all that live have heard by now; what is
    started here is one of them.  BusyError if none lives.
    """
    if isinstance(scene.store, Fleet):
        _wake_any(scene, scene.store, clock)
    else:
        rouse(scene.state, scene.config.origin, clock)


def _wake_any(scene: Scene, fleet: Fleet, clock: Clock) -> None:
    if poke(scene.state) is not None:
        return
    hosts = of_fleet(fleet, scene.config.cluster).hosts
    if host_of(scene.config.settings) in {host.name for host in hosts}:
        rouse(scene.state, scene.config.origin, clock)
    elif not any(host.state == "alive" for host in hosts):
        raise BusyError(
            "no host of this ledger is awake: what is asked for waits for the first one that is.\n"
            "Which there are: jobrunner hosts"
        )


def answer(
    scene: Scene, request: int, clock: Clock, is_given_up: Callable[[], bool] = bool
) -> str | None:
    """Wait for the answer; None if who asks gives up first.  BusyError says why it is a no."""
    while not is_given_up():
        found = scene.store.request(request)
        if found is not None and found.done is not None:
            if not found.done:
                raise BusyError(found.answer)
            return found.answer
        clock.sleep(PACE)
    return None


def known(scene: Scene, job: str) -> Job:
    """The declared job of this name."""
    if job not in scene.config.jobs:
        raise UnknownError(unknown("job", job, scene.config.jobs))
    return scene.config.jobs[job]


def place_of(scene: Scene, job: Job) -> str:
    """Which host is to run a job that each host runs for itself: this one; "" is any."""
    seat = scene.seat
    if not seat.is_shared or job.on == "one":
        return ""
    if not seat.fits(job):
        raise UnusableError(
            f"{job.name} is run by each host for itself, on {placement.told(job)}; this host is"
            f" {seat.host}.\nRun it on one of those"
        )
    return seat.host


def watch_or_stop(run: Run) -> str:
    return f"Watch it: jobrunner logs -f {run.id}   Stop it: jobrunner stop {run.id}"


def _refuse_second(scene: Scene, job: Job, now: datetime) -> None:
    places = {"", place_of(scene, job)}
    live = (run for run in scene.store.live() if run.job == job.name)
    going = [run for run in live if job.on == "one" or run.place in places]
    if not going:
        return
    first = going[0]
    since = first.started_at or first.created_at
    word = "running" if first.state is State.RUNNING else first.state
    raise SecondError(
        f"{job.name} is already {word}: #{first.id} since {_told(since, job, now)}"
        f" ({short(now - since)}).\n"
        f"Watch it: jobrunner logs -f {first.id}   Run anyway: --overlap allow"
        f"   Stop it: jobrunner stop {first.id}"
    )


def _told(moment: datetime, job: Job, now: datetime) -> str:
    """A time of today, or with its date; in the job's zone."""
    there, today = (each.astimezone(job.timezone.info) for each in (moment, now))
    return there.strftime("%H:%M:%S" if there.date() == today.date() else "%a %Y-%m-%d %H:%M:%S")


def _refuse_fileless(scene: Scene) -> None:
    if scene.config.origin.startswith(FILELESS):
        raise UnusableError(
            "what is read from standard input cannot be run: others have to read it again.\n"
            "Write it to a file, and name that: jobrunner -c FILE"
        )

"""What a run waits for that has not begun, or not begun again."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from jobrunner.engine.report.host import HostRow
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.policy import placement
from jobrunner.policy.instant import in_full
from jobrunner.policy.place import HOST, Place, places
from jobrunner.schedule.jitter import jitter
from jobrunner.words import some

NAMED = 3
BUSY = frozenset({State.RUNNING, State.RETRYING})


def waits(
    run: Run,
    job: Job,
    live: Sequence[Run],
    config: Config,
    now: datetime,
    *,
    hosts: Sequence[HostRow] | None = None,
) -> list[str]:
    """What stands in the way of a waiting run; where nothing does, a tick is all it needs.

    `hosts` are those that share the ledger.
    """
    ready_at = _ready_at(run, job)
    if ready_at > now:
        what = "its next attempt" if run.state is State.RETRYING else "its time"
        return [f"{what}: {in_full(ready_at, job.timezone)}"]
    others = [other for other in live if other.id != run.id]
    found = [*_own(run, job, others), *_taken(job, others, config, is_alone=hosts is None)]
    if hosts is not None and not run.owner:
        return [*found, *_unfit(job, hosts)] or ["a host to take it"]
    return found or ["the next tick to start it"]


def _ready_at(run: Run, job: Job) -> datetime:
    if run.next_attempt_at is not None:
        return run.next_attempt_at
    if run.scheduled_for is None:
        return run.created_at
    return run.scheduled_for + jitter(job.jitter, job.name, run.scheduled_for)


def _own(run: Run, job: Job, others: Sequence[Run]) -> Iterator[str]:
    for other in others:
        meets = other.job == run.job and (job.on == "one" or other.place == run.place)
        if meets and other.state in BUSY:
            yield f"#{other.id} of the same job, which is {other.state}"


def _unfit(job: Job, hosts: Sequence[HostRow]) -> Iterator[str]:
    """Why no host takes it."""
    fitting = [host for host in hosts if placement.fits(job, host.name, host.labels)]
    awake = [host for host in fitting if host.state == "alive"]
    if not fitting:
        yield f"a host that fits: {placement.told(job)}"
    elif not awake:
        states = some([f"{host.name} is {host.state}" for host in fitting], NAMED)
        yield f"a host that fits and is awake: {states}"
    elif all(host.running >= host.capacity for host in awake):
        loads = [f"{host.name} runs {host.running} of {host.capacity}" for host in awake]
        yield f"a place on a host that fits: {some(loads, NAMED)}"


def _taken(job: Job, others: Sequence[Run], config: Config, *, is_alone: bool) -> Iterator[str]:
    """The places that are taken: of the host, if there is one, of a lock, of a pool."""
    running = [other for other in others if other.state is State.RUNNING]
    for place in places(job):
        if place == HOST and not is_alone:
            continue
        takers = [run for run in running if _takes(run, place, config)]
        size = _size(place, config)
        if size and len(takers) >= size:
            yield _told(place, takers, size)


def _takes(run: Run, place: Place, config: Config) -> bool:
    kind, _ = place
    declared = config.jobs.get(run.job)
    return kind == "host" or (declared is not None and place in places(declared))


def _size(place: Place, config: Config) -> int:
    """How many a place takes; 0 is no limit."""
    kind, name = place
    sizes = {"host": config.settings.max_parallel, "lock": 1, "pool": config.pools.get(name, 0)}
    return sizes[kind]


def _told(place: Place, takers: Sequence[Run], size: int) -> str:
    match place:
        case ("lock", name):
            return f'lock "{name}", held by {takers[0].job} #{takers[0].id}'
        case ("pool", name):
            return f'a place in pool "{name}": {len(takers)} of {size} are taken'
        case _:
            return f"a place on the host: {len(takers)} of max_parallel = {size} are taken"

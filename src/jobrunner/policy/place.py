"""Who goes on now, and the places they take: of the host, of a lock, of a pool.

It is one mechanism: a lock is a pool of one, and the host a pool of `max_parallel`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from jobrunner.model.job import Job
from jobrunner.model.run import Run, State

Place = tuple[Literal["host", "lock", "pool"], str]
HOST: Place = ("host", "")


class Busy(Struct, frozen=True):
    """A run that has begun and has not ended: it runs, or rests until its next attempt."""

    run: Run
    job: Job

    def since(self, now: datetime) -> datetime:
        return self.run.started_at or now


class Floor:
    """Who goes on.  Runs that rest between two attempts hold their job, but no place."""

    def __init__(self, *, max_parallel: int, pools: Mapping[str, int]) -> None:
        self._sizes: dict[Place, int] = {("pool", name): size for name, size in pools.items()}
        if max_parallel:
            self._sizes[HOST] = max_parallel
        self._by_job: dict[str, dict[int, Busy]] = {}
        self._takers: dict[Place, list[Busy]] = {}

    def admit(self, every: Iterable[Busy]) -> None:
        for one in every:
            self._by_job.setdefault(one.run.job, {})[one.run.id] = one
            if one.run.state is not State.RETRYING:
                for place in places(one.job):
                    self._takers.setdefault(place, []).append(one)

    def others(self, run: Run) -> Iterator[Busy]:
        """The runs of its job that go on beside it, first to last.

        Where each host runs a job for itself, those of other hosts do not.
        """
        same_job = self._by_job.get(run.job, {})
        return (one for id_, one in same_job.items() if id_ != run.id and _meets(one, run))

    def count_others(self, run: Run) -> int:
        same_job = self._by_job.get(run.job)
        if not same_job:
            return 0
        if next(iter(same_job.values())).job.on == "every":
            return sum(1 for _ in self.others(run))
        return len(same_job) - (run.id in same_job)

    def holder(self, job: Job) -> Busy | None:
        """Who of another job has the lock that `job` needs."""
        takers = self._takers.get(("lock", job.lock), ())
        return next((one for one in takers if one.run.job != job.name), None)

    @property
    def is_full(self) -> bool:
        """Whether the host takes nobody, whatever job it is."""
        return self._is_full(HOST)

    def has_room(self, job: Job) -> bool:
        # Asked of all that wait, each time: the host is full far more often than anything else.
        if self.is_full:
            return False
        if not job.lock and not job.pool:
            return True
        return not any(map(self._is_full, places(job)))

    def _is_full(self, place: Place) -> bool:
        """Whether nobody else gets in; a pool that is in no file any more takes all."""
        size = 1 if place[0] == "lock" else self._sizes.get(place)
        return size is not None and len(self._takers.get(place, ())) >= size


def _meets(one: Busy, run: Run) -> bool:
    return one.job.on == "one" or one.run.place == run.place


def places(job: Job) -> list[Place]:
    """What a run of this job takes a place of while it runs."""
    taken = [HOST]
    if job.lock:
        taken.append(("lock", job.lock))
    if job.pool:
        taken.append(("pool", job.pool))
    return taken

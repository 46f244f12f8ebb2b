"""Places that jobs take up over all hosts that share `claims`: of the job, its lock, its pool.

A place is held while its run goes on, between two attempts too, and renewed long before it runs
out.  It is the ledger's: the supervisor that takes a run over from a killed one goes on holding.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.lessor import Lessor
from jobrunner.lease.base import Full, Granted, LeaseError, Place, Taker
from jobrunner.model.job import Job
from jobrunner.model.run import Run
from jobrunner.model.settings import Config
from jobrunner.policy.claim import UNREACHABLE
from jobrunner.policy.waiting import Overlap, Waiting

WITHOUT = ""  # in the place of the number of who has none
PART = 3  # of a lease after which it is renewed


class Obstacle(Struct, frozen=True):
    """Why a run may not begin; it is left out for that if it is final, else it waits."""

    reason: str
    is_final: bool = False


class Tenure:
    """What the runs of this host have of what all share."""

    def __init__(self, lessor: Lessor, clock: Clock) -> None:
        self._lessor = lessor
        self._clock = clock
        self._fences: dict[int, str] = {}
        self._held: dict[int, Taker] = {}
        self._leaving: list[tuple[float, Taker]] = []
        self._overtaken: set[int] = set()
        self._renew_at = 0.0
        self._is_swept = False

    def obstacles(self, wanting: Sequence[Waiting], config: Config) -> dict[int, Obstacle]:
        """What keeps these runs from beginning, on other hosts; the rest have their places now."""
        if not self._lessor.is_named or not wanting:
            return {}
        takers = [taker(each.run, each.job, config, each.overlap) for each in wanting]
        self._stay({each.run for each in takers})
        lease = config.cluster.lease
        try:
            answers = self._lessor.ask(lambda lessor: lessor.take(takers, lease))
        except LeaseError:
            return self._unreachable(wanting, takers, config)
        found = {}
        for each, its, answer in zip(wanting, takers, answers, strict=True):
            match answer:
                case Granted():
                    self._hold(its, str(answer.fence))
                case Full():
                    found[its.run] = _obstacle(each, answer)
        return found

    def fence(self, run: int) -> str | None:
        """The number under which a run goes on, '' if that is without one; None needs none.

        Of two that had the same place, one after the other, the later has the greater number.
        """
        return self._fences.get(run)

    def see_to(
        self, running: Iterable[tuple[Run, Job]], resting: Iterable[tuple[Run, Job]], config: Config
    ) -> dict[int, str]:
        """Keep the places of what goes on, and let go of the others.

        The runs that are to be stopped, and by whom: while this host was silent for a whole lease,
        another one let a run begin in their place.  `resting` are those that wait.
        """
        if not self._lessor.is_named:
            return {}
        going = {run.id: self._held.get(run.id) or taker(run, job, config) for run, job in running}
        waits = {run.id: self._kept(run, job, config) for run, job in resting}
        wanted = {run: its for run, its in (going | waits).items() if its}
        self._sweep(wanted.keys(), config)
        self._overtaken &= wanted.keys()
        self._let_go(wanted, config.cluster.lease)
        is_new = bool(wanted.keys() - self._held.keys() - self._overtaken)
        self._held = {run: its for run, its in wanted.items() if run not in self._overtaken}
        self._fences = {run: fence for run, fence in self._fences.items() if run in wanted}
        if self._held and (is_new or self._clock.elapsed() >= self._renew_at):
            return {run: by for run, by in self._renew(config.cluster.lease) if run in going}
        return {}

    # -- what is held

    def _hold(self, its: Taker, fence: str) -> None:
        self._held[its.run] = its
        self._fences[its.run] = fence

    def _sweep(self, runs: Collection[int], config: Config) -> None:
        """Once, give up what the supervisor before us held for runs that have ended since."""
        if self._is_swept:
            return
        jobs = config.jobs.values()
        names = {place.name for job in jobs for place in _places(job, config, job.overlap)}
        try:
            self._lessor.ask(lambda lessor: lessor.sweep(sorted(names), runs))
        except LeaseError:
            return
        self._is_swept = True

    def _kept(self, run: Run, job: Job, config: Config) -> Taker | None:
        """What a run that waits has: between two attempts its job, and no other place."""
        if run.attempts:
            return taker(run, job, config, is_resting=True)
        return self._held.get(run.id)

    def _stay(self, runs: set[int]) -> None:
        """Let these runs keep what they were about to let go of."""
        self._leaving = [(until, its) for until, its in self._leaving if its.run not in runs]

    def _let_go(self, wanted: Mapping[int, Taker], lease: timedelta) -> None:
        """Let go of what is held and not wanted; what cannot be told now is told later."""
        now = self._clock.elapsed()
        self._leaving = [(until, its) for until, its in self._leaving if until > now]
        for run, its in self._held.items():
            staying = wanted[run].places if run in wanted else ()
            places = tuple(place for place in its.places if place not in staying)
            if places:
                self._leaving.append((now + lease.total_seconds(), Taker(its.job, run, places)))
        if self._leaving:
            try:
                self._lessor.ask(lambda lessor: lessor.leave([its for _, its in self._leaving]))
            except LeaseError:
                return
            self._leaving = []

    def _renew(self, lease: timedelta) -> Iterator[tuple[int, str]]:
        """Renew all that is held; whoever lost it, and to whom."""
        takers = [*self._held.values()]
        try:
            answers = self._lessor.ask(lambda lessor: lessor.renew(takers, lease))
        except LeaseError:
            return
        self._renew_at = self._clock.elapsed() + lease.total_seconds() / PART
        for its, full in zip(takers, answers, strict=True):
            if full is not None:
                del self._held[its.run]
                self._overtaken.add(its.run)
                yield its.run, f"{_told(full)}, which took its place while this host was silent"

    def _unreachable(
        self, wanting: Sequence[Waiting], takers: Sequence[Taker], config: Config
    ) -> dict[int, Obstacle]:
        if config.settings.claims_unreachable == "run":
            for its in takers:
                self._hold(its, WITHOUT)
            return {}
        is_final = self._lessor.is_given_up
        return {
            each.run.id: Obstacle(UNREACHABLE, is_final=is_final and not each.has_begun)
            for each in wanting
        }


def taker(
    run: Run, job: Job, config: Config, overlap: Overlap | None = None, *, is_resting: bool = False
) -> Taker:
    """What a run takes up over all hosts; between two attempts it holds its job alone."""
    places = _places(job, config, overlap or job.overlap)
    held = (place for place in places if not is_resting or place.name.startswith("job:"))
    return Taker(job.name, run.id, tuple(held))


def _places(job: Job, config: Config, overlap: Overlap) -> Iterator[Place]:
    """A job that is on each host once is in the way of nobody."""
    if job.on == "one":
        allowed = job.max_instances if job.max_instances > 1 else 0
        yield Place(f"job:{job.name}", allowed if overlap == "allow" else 1)
    if job.lock:
        yield Place(f"lock:{job.lock}", 1)
    if job.pool:
        yield Place(f"pool:{job.pool}", config.pools.get(job.pool, 0))


def _obstacle(each: Waiting, full: Full) -> Obstacle:
    """What it means that another host's run has a place: as `policy.admit` has it on one host."""
    kind, _, name = full.place.name.partition(":")
    is_final = each.overlap == "skip" and kind != "pool" and not each.has_begun
    is_final = is_final and not each.is_of_the_past and not each.is_made_up_for
    if kind == "lock":
        return Obstacle(f'lock "{name}" held by {_told(full)}', is_final=is_final)
    return Obstacle(f'still running: {_told(full)}; overlap = "skip"', is_final=is_final)


def _told(full: Full) -> str:
    return f"{full.job} #{full.run} on {full.host}"

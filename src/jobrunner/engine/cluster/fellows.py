"""The other hosts of a shared ledger, as this host's supervisor has to do with them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from jobrunner.engine.cluster.member import Member
from jobrunner.engine.cluster.queueing import Queueing
from jobrunner.engine.cluster.ship import Ship
from jobrunner.engine.cluster.taking import Taking
from jobrunner.engine.crew import Crew, Ended
from jobrunner.engine.housekeeping import LONGEST
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.recall import undeclared
from jobrunner.errors import StoreError
from jobrunner.model.job import Job
from jobrunner.policy.place import Busy
from jobrunner.policy.waiting import Waiting
from jobrunner.store.fleet import Fleet
from jobrunner.store.value import Request


class Fellows:
    """Company in a shared ledger."""

    is_shared = True

    def __init__(
        self, post: Post, fleet: Fleet, crew: Crew, lobby: Lobby, *, is_ticker: bool
    ) -> None:
        """`is_ticker`: no ticks come, this supervisor looks at the clock by itself."""
        self._is_ticker = is_ticker
        self._post = post
        self._fleet = fleet
        self._crew = crew
        self._member = Member(post, fleet, crew, lobby)
        self._taking = Taking(post, fleet, self._member, lobby)
        self._queueing = Queueing(post, fleet, lobby)
        self._ship = Ship(post, fleet, crew)
        self._bell = fleet.bell()
        self._is_asked = True
        self._has_rested = False
        self._takes = False  # in this turn
        self._stopping: set[int] = set()

    def join(self) -> None:
        """Say for the first time that we live."""
        self._member.join()
        self.heed_others()

    @property
    def rests(self) -> bool:
        return self._member.is_drained or self._member.is_replaced

    @property
    def is_replaced(self) -> bool:
        return self._member.is_replaced

    @property
    def is_behind(self) -> bool:
        return self._ship.is_behind

    @property
    def stopping(self) -> Collection[int]:
        return self._stopping

    def fds(self) -> Iterable[int]:
        fd = self._bell.fileno()
        return () if fd < 0 else (fd,)

    def next_at(self) -> float:
        if self._is_asked:
            return self._post.ground.clock.elapsed()
        times = [self._member.next_at(), self._ship.next_at()]
        if self._takes:
            times.append(self._taking.next_at())
        return min(times)

    def note_tick(self, now: datetime) -> None:
        self._member.ticked_at = now
        with suppress(StoreError):  # who cannot be told of it could not be asked what is due either
            self._post.store.note_tick(self._post.ground.host, now, LONGEST)

    def note(self, ends: Sequence[Ended]) -> None:
        self._ship.note(ends)

    def keep_in_touch(self) -> None:
        if self._is_ticker:
            self._member.ticked_at = self._post.now()
        self._takes = False
        self._member.turn()
        self.heed_others()

    def heed_others(self) -> None:
        self._post.agenda.is_disputed = self._member.is_disputed

    def is_rung(self) -> bool:
        self._listen()
        was_asked, self._is_asked = self._is_asked, False
        return was_asked

    def take(self) -> None:
        self._listen()  # what we have queued just now is for us, too
        if self.rests:
            if not self._has_rested:
                self._member.hand_on()
            self._has_rested = True
            return
        self._has_rested = False
        self._takes = True
        self._taking.take()
        if self._member.has_duty("queue"):
            self._queueing.see_to()

    def go_on(self) -> None:
        self._ship.see_to()
        self._listen()  # what is heard while we speak makes no descriptor readable

    def has_duty(self, name: str) -> bool:
        return self._member.has_duty(name)

    @contextmanager
    def turnstile(self, waiting: Iterable[Waiting]) -> Iterator[list[Busy]]:
        """Nobody else decides meanwhile on the jobs, locks and pools of what may begin."""
        now = self._post.now()
        ready = [each for each in waiting if each.ready_at <= now]
        if not ready:
            yield []
            return
        keys = {key for each in ready for key in _keys(each.job)}
        with self._fleet.together(sorted(keys)):
            yield [*self._elsewhere(ready)]

    def stop(self, run: int, by: str) -> None:
        found = None if run in self._stopping else self._post.store.run(run)
        if found and found.state.is_live:
            request = Request(
                kind="stop",
                job=found.job,
                run=run,
                host=found.host,
                asked_by=by,
                asked_at=self._post.now(),
            )
            self._post.store.ask(request)
            self._stopping.add(run)

    def leave(self) -> None:
        self._ship.finish()
        self._member.leave()

    def _listen(self) -> None:
        heard = self._bell.heard()
        self._is_asked |= "asked" in heard
        if "queued" in heard:
            self._taking.ring()
        if "hosts" in heard:
            self._member.hurry()

    def _elsewhere(self, ready: Iterable[Waiting]) -> Iterator[Busy]:
        """Who goes on elsewhere, of those that may be in the way."""
        jobs = {each.run.job for each in ready}
        if shared := {key for each in ready for key in _shared(each.job)}:
            jobs |= {name for name, job in self._post.jobs.items() if shared & _shared(job)}
        runs = self._fleet.running_elsewhere(sorted(jobs), self._post.owner)
        self._stopping &= {run.id for run in runs}
        for run in runs:
            job = self._post.jobs.get(run.job) or undeclared(run.job)
            yield Busy(run, job)


def _keys(job: Job) -> set[str]:
    return {f"job {job.name}", *_shared(job)}


def _shared(job: Job) -> set[str]:
    """What a job shares with others."""
    found = {("lock", job.lock), ("pool", job.pool)}
    return {f"{kind} {name}" for kind, name in found if name}

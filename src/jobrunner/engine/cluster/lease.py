"""Sees to what hosts leave that are lost; of all that are in touch one does."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from jobrunner.engine.actions.outside import outsider, sweep
from jobrunner.engine.cluster.touch import Touch, interval, is_settled, lost
from jobrunner.engine.crew import Crew, Started
from jobrunner.engine.ending import Examination, ending
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.recall import undeclared
from jobrunner.engine.record import TEXT, of_run
from jobrunner.engine.setting import preparer
from jobrunner.engine.stopping import NEVER
from jobrunner.engine.unseen import left, started_at
from jobrunner.model.job import Job
from jobrunner.model.run import Outcome, Run, State
from jobrunner.model.settings import Cluster
from jobrunner.model.value import Zone
from jobrunner.policy.judge import Told, judge
from jobrunner.store.fleet import Fleet, Host

OFTEN = 6  # times a lease


class Silence(Struct, frozen=True):
    """What is known of hosts that may be lost."""

    known: Mapping[str, Host]
    touch: Touch
    cluster: Cluster

    def of(self, host: str) -> str:
        """Why its runs are not seen to there."""
        if host not in self.known:
            return f"{host} is gone"
        heard_at = self.known[host].beat_at
        if self.touch.last - heard_at <= self.cluster.lease:
            return f"{host} was thought to be gone"  # and is back by now
        return f"{host} was not heard of since {heard_at:{TEXT}}"


class Lease:
    """Takes over what is nobody's any more."""

    def __init__(self, post: Post, fleet: Fleet, crew: Crew, lobby: Lobby) -> None:
        self._post = post
        self._fleet = fleet
        self._crew = crew
        self._lobby = lobby
        self._heard: dict[str, tuple[datetime | None, datetime]] = {}  # last beats, seen since
        self._unknown: dict[str, datetime] = {}  # hosts that have no row, and since when
        self._seen_to: set[tuple[str, datetime]] = set()  # lost hosts, and their last beat
        self._asked_at = -NEVER

    def see_to(self, hosts: Iterable[Host], touch: Touch) -> list[Run]:
        """Adopt what belongs to lost hosts, and end or pass on all that we have no hand on.

        The runs that are ours by then.  What we were not told of for certain is found here too: an
        adoption, a take or a start whose answer was lost with the connection.
        """
        known = {host.name: host for host in hosts}
        silence = Silence(known, touch, self._post.config.cluster)
        for owner in sorted(self._lost(known, touch)):
            for run in self._post.store.adopt(owner, self._post.owner):
                told = f"{run.job} #{run.id} is seen to here: {silence.of(run.host)}"
                self._post.diary.warning(told, of_run("adopt", run))
        ours = self._post.store.live(self._post.owner)
        in_hand, waiting = self._crew.numbers, {run.id for run in self._lobby.waiting}
        for run in ours:
            if run.id in in_hand:
                continue
            if run.state is not State.RUNNING:
                if run.id not in waiting:
                    self._pass_on(run, silence)
            elif run.host != self._post.ground.host:
                lose(self._post, self._crew, run, silence.of(run.host))
            elif run.id in waiting:
                self._launch(run)
            else:
                self._end(run)
        return ours

    def _lost(self, known: dict[str, Host], touch: Touch) -> set[str]:
        """The owners whose host is lost; our own host's supervisors are seen to when we begin.

        Who they are is asked when a host is lost, and else now and then: of a long queue it takes
        the ledger a moment to tell.
        """
        cluster, now = self._post.config.cluster, touch.last
        heard = self._heed(known.values(), touch)
        silent = lost(known.values(), touch, cluster)
        gone = {(host.name, host.beat_at) for host in silent if host.name in heard}
        asked_again = self._asked_at + cluster.lease.total_seconds() / OFTEN
        if gone <= self._seen_to and touch.elapsed < asked_again:
            return set()
        owners = {owner: _home(owner) for owner in self._post.store.owners()}
        self._asked_at, self._seen_to = touch.elapsed, gone
        self._sweep({owner for owner, host in owners.items() if host == self._post.ground.host})
        owners = {o: host for o, host in owners.items() if host != self._post.ground.host}
        missing = {*owners.values()} - known.keys()
        self._unknown = {host: self._unknown.get(host, now) for host in missing}
        names = {name for name, _ in gone}
        if is_settled(touch, cluster):
            names |= {host for host, at in self._unknown.items() if now - at > cluster.lease}
        return {owner for owner, host in owners.items() if host in names}

    def _heed(self, hosts: Iterable[Host], touch: Touch) -> set[str]:
        """Those of which we have heard nothing new for about a lease ourselves.

        A replica that takes over may know older beats than we do: its hosts have time to beat.
        """
        cluster, now = self._post.config.cluster, touch.last
        self._heard = {
            host.name: (host.beat_at, since if host.beat_at == beat_at else now)
            for host in hosts
            for beat_at, since in [self._heard.get(host.name, (None, now))]
        }
        longest = cluster.lease - 2 * interval(cluster)
        return {name for name, (_, since) in self._heard.items() if now - since >= longest}

    def _sweep(self, owners: Iterable[str]) -> None:
        """End what somebody ran here by himself who was killed, as far as it has ended."""
        found = [outsider(owner) for owner in owners]
        if any(each is not None and not each.is_alive() for each in found):
            sweep(self._post.store, self._post.ground, Zone("UTC", UTC))

    def _launch(self, run: Run) -> None:
        """Launch what has begun in the ledger while it waited here for an answer."""
        self._lobby.forget(run.id)
        if run.job in self._post.jobs:
            self._crew.launch(Started([run], preparer(self._post, [run])))
        else:
            lose(self._post, self._crew, run, "it was not started")

    def _end(self, run: Run) -> None:
        """End what we do not know to run here any more, as when an older ledger was put back."""
        job = self._post.jobs.get(run.job) or undeclared(run.job)
        rest = left(run, started_at(run, self._post.store), self._post.ground)
        self._crew.examine(Examination(run, job, rest, self._post.ground))

    def _pass_on(self, run: Run, silence: Silence) -> None:
        """Have any host run what waits; what waits for one that is lost will not be."""
        if self._fleet.let_go(run.id, owner=self._post.owner):
            return
        if run.place in {"", self._post.ground.host}:
            self._lobby.put(run)
            return
        state = State.FAILED if run.attempts else State.MISSED
        self._lobby.leave_out(run, silence.of(run.place), state)


def _home(owner: str) -> str:
    """The host of a supervisor, or of who looks after a run of his own."""
    found = outsider(owner)
    return found.host if found else owner.partition("/")[0]


def lose(post: Post, crew: Crew, run: Run, circumstance: str) -> None:
    """End an attempt that was another host's, of which nobody can know how it ended."""
    job = post.jobs.get(run.job) or undeclared(run.job)
    notes = [f"CPU and memory are not known: it ran on {run.host}"]
    if may_begin_anew(run, job, post.now()):
        notes.append(f"it may still run on {run.host}: a second start cannot be excluded")
    told = Told(keeper_lost=True, circumstance=circumstance, notes=tuple(notes))
    crew.keep(run, job, judge(job, told, post.now()))


def may_begin_anew(run: Run, job: Job, now: datetime) -> bool:
    """Whether there is another attempt, on any host, if this one is lost."""
    if run.place:
        return False
    outcome = Outcome(state=State.LOST, finished_at=now)
    return ending(run, job, outcome).retry_at is not None

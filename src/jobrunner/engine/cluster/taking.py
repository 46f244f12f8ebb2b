"""What this host takes of all that waits: its share, so that the work spreads over those free."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from jobrunner.digest import blake2b
from jobrunner.engine.cluster.member import Member
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.record import of_run
from jobrunner.engine.stopping import NEVER
from jobrunner.model.run import Run
from jobrunner.model.settings import Config
from jobrunner.policy import placement
from jobrunner.policy.share import share, turn
from jobrunner.store.fleet import Fleet, Host, Taken

AT_ONCE = 50  # runs; others get theirs before we come back for more
LONGEST = 5.0  # seconds until it is looked again, whether anybody has rung or not
PAUSE = 0.02  # seconds between two helpings
COURTESY = 0.015  # seconds for each host whose turn is before ours
LATER = timedelta(seconds=5)  # until what we do not know is to be had again


class Taking:
    """Takes from the queues that this host serves, as long as it has room."""

    def __init__(self, post: Post, fleet: Fleet, member: Member, lobby: Lobby) -> None:
        self._post = post
        self._fleet = fleet
        self._member = member
        self._lobby = lobby
        self._next_at = self._elapsed()
        self._is_hungry = False  # there is more, and it is our turn
        self._routes: tuple[Config, Sequence[Host], list[str]] | None = None

    def next_at(self) -> float:
        """When there is something to take without any event, on the clock of durations."""
        return self._next_at if self.room > 0 else NEVER

    def ring(self) -> None:
        """Something is queued: we take of it when it is our turn."""
        if not self._is_hungry:
            self._is_hungry = True
            self._next_at = min(self._next_at, self._elapsed() + self._courtesy())

    @property
    def room(self) -> int:
        """How many runs more this host can begin."""
        return self._lobby.most - self._lobby.count

    def take(self) -> None:
        """Take a helping, if it is time."""
        now = self._elapsed()
        if now < self._next_at or self.room <= 0:
            return
        self._is_hungry = False
        self._next_at = now + LONGEST
        routes = self.routes()
        queued = self._fleet.queued(routes)
        if queued.count:
            most = min(share(queued.count, self.room, map(_room, self._member.others)), AT_ONCE)
            taken = self._taken(routes, most)
            self._seat(taken)
            if queued.count > len(taken):
                self._is_hungry, self._next_at = True, now + PAUSE
        elif queued.next_at:
            left = (queued.next_at - self._post.now()).total_seconds()
            self._next_at = now + min(LONGEST, max(0.0, left) + self._courtesy())

    def routes(self) -> list[str]:
        """The ways that lead here now: who would rather be elsewhere is left for there."""
        config, others = self._post.config, self._member.others
        if self._routes is None or self._routes[0] is not config or self._routes[1] is not others:
            known = {placement.route(job) for job in config.jobs.values()} | {""}
            served = sorted(route for route in known if self._serves(route, others))
            self._routes = config, others, served
        return self._routes[2]

    def _serves(self, route: str, others: Iterable[Host]) -> bool:
        wanted, settings = placement.read(route), self._post.config.settings
        host, labels = self._post.ground.host, settings.labels
        if not placement.fits(wanted, host, labels):
            return False
        return placement.preferred(wanted, host, labels) or not any(
            _room(other) > 0
            and placement.fits(wanted, other.name, other.labels)
            and placement.preferred(wanted, other.name, other.labels)
            for other in others
        )

    def _taken(self, routes: Sequence[str], most: int) -> list[Taken]:
        post = self._post
        return self._fleet.take_runs(
            routes, most, owner=post.owner, host=post.ground.host, worker=self._member.worker
        )

    def _seat(self, taken: Iterable[Taken]) -> None:
        for each in taken:
            if each.run.job in self._post.jobs or not self._member.is_disputed:
                self._lobby.put(each.run, each.overlap)
            else:
                self._leave(each.run)

    def _leave(self, run: Run) -> None:
        """Leave a run to hosts that know its job: their configuration is another one just now."""
        told = f"{run.job} #{run.id} is left to hosts that have this job"
        self._post.diary.info(told, of_run("trouble", run))
        self._fleet.let_go(run.id, owner=self._post.owner, not_before=self._post.now() + LATER)

    def _courtesy(self) -> float:
        """How long others are let go first: who has less to do, and by turns among the equals."""
        post = self._post
        running = self._lobby.count
        load = running / max(1, self._lobby.most)
        hosts = [(_load(each), each.name) for each in self._member.others]
        return COURTESY * turn((load, post.ground.host), hosts, _lot(post.now()))

    def _elapsed(self) -> float:
        return self._post.ground.clock.elapsed()


def _room(host: Host) -> int:
    return host.capacity - host.running - host.waiting


def _load(host: Host) -> float:
    return (host.running + host.waiting) / max(1, host.capacity)


def _lot(now: datetime) -> bytes:
    """What decides among equals; another one each second."""
    return blake2b(str(int(now.timestamp())).encode(), digest_size=8).digest()

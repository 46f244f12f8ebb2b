"""What this host takes of all that waits: its share, so that the work spreads over those free."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from jobrunner.digest import blake2b
from jobrunner.engine.cluster.member import Member
from jobrunner.engine.lobby import Lobby, ready_at
from jobrunner.engine.post import Post
from jobrunner.engine.stopping import NEVER
from jobrunner.model.run import Run
from jobrunner.policy import placement
from jobrunner.policy.share import share, turn
from jobrunner.store.fleet import Fleet, Host, Taken

AT_ONCE = 50  # runs; others get theirs before we come back for more
LONGEST = 5.0  # seconds until it is looked again, whether anybody has rung or not
PAUSE = 0.02  # seconds between two helpings
COURTESY = 0.015  # seconds for each host whose turn is before ours
SOON = timedelta(seconds=5)  # what is to begin by then is kept


class Taking:
    """Takes from the queues that this host serves, as long as it has room."""

    def __init__(self, post: Post, fleet: Fleet, member: Member, lobby: Lobby) -> None:
        self._post = post
        self._fleet = fleet
        self._member = member
        self._lobby = lobby
        self._next_at = self._elapsed()
        self._is_hungry = False  # there is more, and it is our turn
        self._routes: tuple[object, Sequence[Host], list[str]] | None = None  # of a configuration

    def next_at(self) -> float:
        """When there is something to take without any event, on the clock of durations."""
        return self._next_at if self._lobby.room else NEVER

    def ring(self) -> None:
        """Something is queued: we take of it when it is our turn."""
        if not self._is_hungry:
            self._is_hungry = True
            self._next_at = min(self._next_at, self._elapsed() + self._courtesy())

    def take(self) -> None:
        """Take a helping, if it is time."""
        now, room = self._elapsed(), self._lobby.room
        if now < self._next_at or not room:
            return
        self._is_hungry = False
        self._next_at = now + LONGEST
        routes = self.routes()
        queued = self._fleet.queued(routes)
        if queued.count:
            most = min(share(queued.count, room, map(_room, self._member.others)), AT_ONCE)
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
            later = self._later(each.run)
            if later is None:
                self._lobby.put(each.run, each.overlap)
            else:
                self._fleet.let_go(each.run.id, owner=self._post.owner, not_before=later)

    def _later(self, run: Run) -> datetime | None:
        """Until when a run is better left to whoever has room then.

        Its time may not have come (`jitter`); and while configurations differ it is for hosts that
        know its job.
        """
        job, now = self._post.jobs.get(run.job), self._post.now()
        if job is None:
            agenda = self._post.agenda
            is_others = agenda.is_disputed or agenda.is_fresh(run.created_at, now)
            return now + SOON if is_others else None
        at = ready_at(run, job, now)
        return at if at > now + SOON else None

    def _courtesy(self) -> float:
        """How long others are let go first: who has less to do, and by turns among the equals."""
        post = self._post
        load = 1 - self._lobby.room / max(1, self._lobby.most)
        hosts = [(_load(each), each.name) for each in self._member.others]
        return COURTESY * turn((load, post.ground.host), hosts, _lot(post.now()))

    def _elapsed(self) -> float:
        return self._post.ground.clock.elapsed()


def _room(host: Host) -> int:
    return host.capacity - host.running


def _load(host: Host) -> float:
    return host.running / max(1, host.capacity)


def _lot(now: datetime) -> bytes:
    """What decides among equals; another one each second."""
    return blake2b(str(int(now.timestamp())).encode(), digest_size=8).digest()

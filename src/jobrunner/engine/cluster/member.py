"""This supervisor as one of those that share a ledger: it says that it lives, and sees who does."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from jobrunner import __version__
from jobrunner.engine.accord import fingerprint
from jobrunner.engine.cluster.clock import SharedClock
from jobrunner.engine.cluster.fence import Fence
from jobrunner.engine.cluster.lease import Lease
from jobrunner.engine.cluster.touch import Touch, interval, touched
from jobrunner.engine.crew import Crew
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.engine.stopping import NEVER
from jobrunner.errors import StoreAwayError, StoreError, UnusableError
from jobrunner.policy.lease import BEATS, silence
from jobrunner.process.birth import boot_id
from jobrunner.store.fleet import Beat, Fleet, Host
from jobrunner.words import spell

AGAIN = 1.0  # seconds until the ledger is tried again that could not be had
# What is done now and then is anothers' to do only long after it was done.
LONG_DUTIES = {"pruning": timedelta(hours=6)}


class Member:
    """One host of a ledger.

    `turn` comes before anything is started or recorded: whoever was stopped or cut off for long
    hears first what became of his runs.
    """

    def __init__(self, post: Post, fleet: Fleet, crew: Crew, lobby: Lobby) -> None:
        self._post = post
        self._fleet = fleet
        self._crew = crew
        self._lobby = lobby
        self._clock = _shared(post)
        self._lease = Lease(post, fleet, crew, lobby)
        self._fence = Fence(post, crew)
        self._touch: Touch | None = None
        self._us: Host | None = None
        self._is_apart = False
        self._due_at = self._clock.elapsed()
        self._duties: dict[str, tuple[float, bool]] = {}  # until when it is known who has it
        self._accord: tuple[object, str] = None, ""  # a configuration, and its fingerprint
        self.others: list[Host] = []
        self.ticked_at: datetime | None = None
        self.is_replaced = False

    @property
    def is_drained(self) -> bool:
        """Whether this host is to take nothing new."""
        return self._us is not None and self._us.drained_at is not None

    @property
    def is_disputed(self) -> bool:
        """Whether another host goes by another configuration, so that it may know other jobs."""
        return any(host.config != self._fingerprint() for host in self.others)

    @property
    def worker(self) -> int:
        """The worker that fetches for this host."""
        assert self._us is not None  # it has joined
        assert self._us.worker is not None
        return self._us.worker

    def next_at(self) -> float:
        """When there is something to do, on the clock of durations."""
        return NEVER if self.is_replaced else self._due_at

    def hurry(self) -> None:
        """Beat at the next turn: something is different by now."""
        self._due_at = self._clock.elapsed()

    def join(self) -> None:
        """Beat for the first time; UnusableError if another host, that lives, has our name.

        Who went before us in this state folder is gone, since we hold its lock.
        """
        self._clock.measure(self._fleet)
        hosts = self._fleet.hosts()
        note = Path(self._post.ground.state.folder, "run/member")
        before = _read(note)
        self._refuse_namesake(hosts, {self._post.owner, *before.splitlines()})
        # Whoever is killed here leaves either to be found.
        note.write_text(f"{self._post.owner}\n{before}")
        touch, _ = self._say()
        self.others = [host for host in hosts if self._takes_runs(host, touch)]
        note.write_text(self._post.owner)

    def _refuse_namesake(self, hosts: Iterable[Host], ours: Collection[str]) -> None:
        """Refuse to be a second host of a name; `ours` are owners of this state folder.

        Who is silent may only be cut off: until he is lost his jobs go on, and a second start of
        them would be ours.
        """
        name = self._post.ground.host
        found = next((host for host in hosts if host.name == name), None)
        if found is None or found.left_at is not None or found.owner in ours:
            return
        since, lease = self._clock.now() - found.beat_at, self._post.config.cluster.lease
        if since <= lease:
            raise UnusableError(
                f"another host calls itself {name}, and was heard of {since.seconds} seconds"
                f" ago: give each its own name ([settings] host); if that one is gone, this one has"
                f" its place after {spell(lease)} without a word of it"
            )

    def turn(self) -> None:
        """Beat if that is due, and see to what is lost, here and elsewhere."""
        elapsed = self._clock.elapsed()
        if self.is_replaced or (elapsed < self._due_at and not self._clock.is_doubtful):
            return
        try:
            self._beat()
        except StoreError as error:
            self._is_apart = not _is_down(error)
            self._post.diary.error(f"not in touch: {error}", About(event="trouble"))
            self._due_at = self._clock.elapsed() + AGAIN
        if self._is_apart and self._touch:
            self._fence.heed_silence(self._touch)

    def has_duty(self, name: str) -> bool:
        """Whether this host is the one that does this for all, now and for a while."""
        elapsed = self._clock.elapsed()
        lease = LONG_DUTIES.get(name, silence(self._post.config.cluster))
        until, has = self._duties.get(name, (elapsed, False))
        if elapsed >= until:
            has = self._fleet.hold_duty(name, self._post.owner, lease)
            # It is asked anew long before another one may have it.
            self._duties[name] = elapsed + lease.total_seconds() / BEATS, has
        return has

    def hand_on(self) -> None:
        """Give back what waits here: it is for hosts that work."""
        for run in self._lobby.waiting:
            if self._fleet.let_go(run.id, owner=self._post.owner):
                self._lobby.forget(run.id)

    def leave(self) -> None:
        """Say that this supervisor ends; what waits here is for any other."""
        with suppress(StoreError):  # then it is silent, and that says as much
            for run in self._lobby.waiting:
                self._fleet.let_go(run.id, owner=self._post.owner)
            self._fleet.leave(self._post.ground.host, self._post.owner)

    def _beat(self) -> None:
        """Say that we live, unless somebody else says so in our name; then heed what we hear."""
        hosts = {host.name: host for host in self._fleet.hosts()}
        before = hosts.get(self._post.ground.host)
        if before and before.owner != self._post.owner:
            self._resign(before)
            return
        touch, us = self._say()
        hosts[us.name] = us
        self.others = [host for host in hosts.values() if self._takes_runs(host, touch)]
        self._fence.heed(self._lease.see_to(hosts.values(), touch))

    def _say(self) -> tuple[Touch, Host]:
        """Have the ledger hear of us, and learn what time it is."""
        cluster, elapsed = self._post.config.cluster, self._clock.elapsed()
        self._clock.measure(self._fleet)
        us = self._us = self._fleet.beat(self._told())
        touch = self._touch = touched(self._touch, us.beat_at, elapsed, cluster)
        self._is_apart = False
        self._due_at = elapsed + interval(cluster).total_seconds()
        return touch, us

    def _told(self) -> Beat:
        post = self._post
        return Beat(
            host=post.ground.host,
            owner=post.owner,
            boot=boot_id(),
            labels=post.config.settings.labels,
            capacity=self._lobby.most,
            running=len([*self._crew.running]),
            waiting=len(self._lobby.waiting),
            version=__version__,
            config=self._fingerprint(),
            skew=self._clock.skew,
            ticked_at=self.ticked_at,
        )

    def _takes_runs(self, host: Host, touch: Touch) -> bool:
        """Whether another host lives and takes what is new."""
        if host.name == self._post.ground.host or host.left_at or host.drained_at:
            return False
        return touch.last - host.beat_at <= silence(self._post.config.cluster)

    def _resign(self, other: Host) -> None:
        """End what we run: while we were not heard of another supervisor took our place."""
        self.is_replaced = True
        told = f"another supervisor is {other.name} by now: this one ends"
        self._post.diary.error(told, About(event="leave"))
        self._fence.heed(self._post.store.live(self._post.owner))

    def _fingerprint(self) -> str:
        config = self._post.config
        if self._accord[0] is not config:
            self._accord = config, fingerprint(config)
        return self._accord[1]


def _shared(post: Post) -> SharedClock:
    clock = post.ground.clock
    assert isinstance(clock, SharedClock)  # every host goes by the ledger's
    return clock


def _is_down(error: StoreError) -> bool:
    """Whether nobody can be heard of just now, so that nobody takes our runs for lost."""
    return isinstance(error, StoreAwayError) and not error.is_silent


def _read(note: Path) -> str:
    try:
        return note.read_text()
    except OSError:
        return ""

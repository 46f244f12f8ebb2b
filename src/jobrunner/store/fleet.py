"""What a ledger promises beyond base.py when many hosts share it; SQLite's does not."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from msgspec import Struct

from jobrunner.model.decision import Route
from jobrunner.model.run import Run, State
from jobrunner.store.value import Overlap

LONGEST_PIECE = 128 * 1024  # bytes


class Beat(Struct, frozen=True, kw_only=True):
    """What a host says of itself now and then.

    `skew` is how far its clock is ahead of the database's, `config` the fingerprint of its files.
    """

    host: str
    owner: str
    boot: str
    labels: tuple[str, ...] = ()
    capacity: int = 0
    running: int = 0
    waiting: int = 0
    version: str = ""
    config: str = ""
    skew: timedelta = timedelta()
    ticked_at: datetime | None = None


class Host(Struct, frozen=True, kw_only=True):
    """A host as the ledger knows it; every instant is by the database's clock."""

    name: str
    owner: str
    boot: str
    worker: int | None
    labels: tuple[str, ...]
    capacity: int
    running: int
    waiting: int
    version: str
    config: str
    skew: timedelta
    first_seen_at: datetime
    beat_at: datetime
    ticked_at: datetime | None
    left_at: datetime | None
    drained_at: datetime | None
    drained_by: str


class HostFigures(Struct, frozen=True, kw_only=True):
    """What the kept runs that ended on a host came to; durations are of its successes."""

    host: str
    runs: Mapping[State, int]
    mean: timedelta | None
    longest: timedelta | None


class Claimed(Struct, frozen=True):
    """Who took a slot, and when by the database's clock."""

    host: str
    at: datetime


class Version(Struct, frozen=True, kw_only=True):
    """A jobs.toml that was pushed."""

    version: int
    fingerprint: str
    text: str
    pushed_by: str
    pushed_from: str
    pushed_at: datetime


class Piece(Struct, frozen=True):
    """Some of what an attempt has written, from a byte on; at most LONGEST_PIECE of it.

    What is noted of when it was written is kept as of the attempt with the negative number.
    """

    run: int
    attempt: int
    first: int
    body: bytes

    @property
    def end(self) -> int:
        return self.first + len(self.body)


class Taken(Struct, frozen=True):
    """A run that a host has taken, and what was asked for instead of the job's `overlap`."""

    run: Run
    overlap: Overlap


class Queued(Struct, frozen=True):
    """How many runs are to be had by now, and when the next of the others is."""

    count: int
    next_at: datetime | None


class Untaken(Struct, frozen=True):
    """A run that no host has taken yet, how it is to come to one, and since when it waits."""

    run: int
    job: str
    route: Route
    since: datetime


class Bell(Protocol):
    """Hears that something is queued, or asked for, on whichever host."""

    def fileno(self) -> int:
        """Becomes readable when it rings; -1 while the database is away."""

    def heard(self) -> frozenset[str]:
        """Of "asked", "hosts" and "queued" what it rang for since this was asked."""


class Hosts(Protocol):
    """Who shares the ledger."""

    @property
    def instance(self) -> str:
        """Which ledger it is: another one after another was put in its place."""

    def clock(self) -> datetime:
        """What time it is, for every host."""

    def beat(self, beat: Beat) -> Host:
        """Say that a host lives; it as it stands by then.

        Another supervisor of the same host takes the row over, and gets a worker of its own.
        """

    def leave(self, host: str, owner: str) -> None:
        """Say that this supervisor of a host ended as it should."""

    def hosts(self) -> list[Host]:
        """Every host, by name."""

    def drain(self, host: str, by: str, *, now: datetime | None) -> bool:
        """Have a host take nothing new, from `now` on, or let it (None); False if unknown."""

    def forget_host(self, host: str) -> bool:
        """Remove a host that is gone for good; False if it is unknown."""

    def hold_duty(self, duty: str, owner: str, lease: timedelta) -> bool:
        """Whether this owner alone has a duty, from now on for so long.

        It may be held on to; one whose time is over is anybody's.
        """

    def claimed(self, runs: Sequence[int]) -> dict[int, Claimed]:
        """Who took the slots of these runs."""

    def figures_by_host(
        self, since: datetime, jobs: Sequence[str] | None = None
    ) -> list[HostFigures]:
        """What the kept runs since then came to on each host, by name; of every job, or of these.

        A run counts where it was tried last, once it has ended.
        """


class Deliveries(Protocol):
    """How runs come to hosts.  What is queued waits for whoever may and can take it."""

    def take_runs(
        self, routes: Sequence[str], most: int, *, owner: str, host: str, worker: int
    ) -> list[Taken]:
        """Take waiting runs on these routes, the most urgent first; they are this owner's now."""

    def queued(self, routes: Sequence[str]) -> Queued:
        """What waits on these routes."""

    def together(self, keys: Sequence[str]) -> AbstractContextManager[None]:
        """Make one transaction of all that is done within, alone with these keys."""

    def bell(self) -> Bell:
        """Hear what is queued or asked for from now on."""

    def running_elsewhere(self, jobs: Sequence[str], owner: str) -> list[Run]:
        """The running and retrying runs of these jobs that are other owners'."""

    def let_go(self, run: int, *, owner: str, not_before: datetime | None = None) -> bool:
        """Put a waiting run back for any host; False if it is not this owner's."""

    def untaken(self, most: int, after: int = 0) -> list[Untaken]:
        """What nobody has taken yet, oldest first, from behind that run on."""

    def reroute(self, run: int, route: Route) -> None:
        """Send what nobody has taken yet another way."""

    def heal(self) -> int:
        """Queue again what waits and is in no queue; how much that was."""


class Outputs(Protocol):
    """What attempts have written."""

    def keep_pieces(self, pieces: Sequence[Piece], now: datetime) -> None:
        """Keep all of these, or none: each in the place of those that begin within it."""

    def drop_pieces(self, run: int, attempt: int, first: int, last: int) -> None:
        """Let go of pieces that begin in [first, last)."""

    def pieces(self, run: int, attempt: int, since: int = 0, limit: int = 64) -> list[Piece]:
        """What was written from byte `since` on, in order; at most so many pieces.

        Below 0 it counts from where the last piece ends.
        """

    def written(self, run: int, attempt: int) -> int:
        """Where the last piece ends."""


class Configs(Protocol):
    """The jobs.toml that hosts have in common."""

    def newest_config(self) -> Version | None:
        """The last version that was pushed."""

    def config_versions(self, limit: int = 50) -> list[Version]:
        """The last versions, newest first."""

    def push_config(
        self, text: str, fingerprint: str, *, by: str, host: str, parent: int | None
    ) -> Version | None:
        """Make this the newest; None if `parent` is not the newest any more."""


@runtime_checkable
class Fleet(Hosts, Deliveries, Outputs, Configs, Protocol):
    """A ledger that many hosts share."""

"""The contract of a lease: who may act, of hosts that have no ledger in common."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from jobrunner.errors import JobrunnerError


class LeaseError(JobrunnerError):
    """It cannot be known just now who may act; later it may be."""


class Who(Struct, frozen=True):
    """Who asks: a host's ledger.  Neither name holds a blank.

    Whatever process of the host asks for it, what the ledger once got is its own.
    """

    host: str
    ledger: str


class Slot(Struct, frozen=True):
    """A slot that somebody is to have, and how long after it that has to be known."""

    job: str
    at: datetime
    kept: timedelta


class Claim(Struct, frozen=True):
    """Who has a slot; `is_ours` if that is who asked.  The later claim has the greater number."""

    host: str
    fence: int
    is_ours: bool


class Latest(Struct, frozen=True):
    """The latest slot of a job that anybody had, and who."""

    at: datetime
    host: str
    is_ours: bool


class Place(Struct, frozen=True):
    """What a run takes up while it goes on; so many may have it at once, 0 is any number."""

    name: str
    most: int = 1


class Taker(Struct, frozen=True):
    """A run that is to have all of its places, or none."""

    job: str
    run: int
    places: tuple[Place, ...]


class Granted(Struct, frozen=True):
    """The run has its places; whoever got one of them before has a smaller number."""

    fence: int


class Full(Struct, frozen=True):
    """A place cannot be had: it is this run's, of this host."""

    place: Place
    host: str
    job: str
    run: int


class Condition(Struct, frozen=True, kw_only=True):
    """How it stands with who gives leases: whether what was given is still known after a crash."""

    version: str
    is_logged: bool
    syncs: str
    evicts: str
    skew: timedelta


class Lease(Protocol):
    """Who may act.  What cannot be asked raises LeaseError."""

    def claim(self, slots: Sequence[Slot]) -> list[Claim | None]:
        """Have these slots, each unless somebody else has it; who has it then.

        Of any number of callers one gets a slot, for good: the same one may ask again.  None where
        it is not known any more whether somebody had it.
        """

    def latest(self, jobs: Sequence[str]) -> list[Latest | None]:
        """The latest slots of these jobs that anybody had; None of one of which nobody had any."""

    def take(self, takers: Sequence[Taker], lease: timedelta) -> list[Granted | Full]:
        """Let runs begin for which there are places, in this order; they keep them for so long."""

    def renew(self, takers: Sequence[Taker], lease: timedelta) -> list[Full | None]:
        """Have runs keep their places for so long from now on; who is in the way of the others.

        What ran out and nobody else took is theirs again.
        """

    def leave(self, takers: Sequence[Taker]) -> None:
        """Give up places: these runs' own, nobody else's."""

    def sweep(self, places: Sequence[str], runs: Collection[int]) -> None:
        """Give up what the ledger has of these places for other runs than these."""

    def condition(self, now: datetime) -> Condition:
        """How it stands with who gives them; `now` is what the host's clock shows."""

    def close(self) -> None:
        """Let go of the connection."""

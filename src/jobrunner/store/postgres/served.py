"""What a look at the server of a ledger finds; known also where its driver is not installed."""

from datetime import timedelta

from msgspec import Struct

# How a server commits that may forget, when it crashes, what it has acknowledged.
FORGETFUL = frozenset({"off", "local"})


class Served(Struct, frozen=True, kw_only=True):
    """What was found; `problems` are what is wrong with what the database holds.

    `skew` is how far this host's clock is ahead of the server's, within half of `trip`.
    `connections` are all that the server has by now, of `most`, and `ours` those of jobrunner.
    """

    name: str
    server: str
    procrastinate: str
    bytes: int
    skew: timedelta
    trip: timedelta
    synchronous: str
    survives_crash: bool
    most: int
    connections: int
    ours: int
    is_encrypted: bool
    address: str
    longest: timedelta
    has_autovacuum: bool
    problems: tuple[str, ...]

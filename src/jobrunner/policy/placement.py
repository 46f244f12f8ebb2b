"""Which hosts a job may run on, and which it would rather run on."""

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from msgspec import Struct

from jobrunner.digest import blake2b

ANY = "any"


class Placed(Protocol):
    """What says where it runs: a job, or the placement of one."""

    @property
    def hosts(self) -> Sequence[str]: ...
    @property
    def labels(self) -> Sequence[str]: ...
    @property
    def prefer(self) -> Sequence[str]: ...


class Placement(Struct, frozen=True, kw_only=True):
    """Where a job runs: patterns of names, any of them; labels, all of them; the preferred ones."""

    hosts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()


KEYS = ("hosts", "labels", "prefer")


def route(placed: Placed) -> str:
    """The text of a placement, the same for all that say the same; empty where any host will do.

    As in `hosts=db-1,web-* labels=gpu`: none of its words may hold a blank, a comma or an equals
    sign.
    """
    words = ((key, sorted({*getattr(placed, key)})) for key in KEYS)
    return " ".join(f"{key}={','.join(found)}" for key, found in words if found)


def read(text: str) -> Placement:
    """The placement that a route is the text of."""
    words = dict(piece.split("=", 1) for piece in text.split())
    return Placement(**{key: tuple(words[key].split(",")) for key in KEYS if key in words})


def queue(route: str) -> str:
    """The name of the queue in which runs of a route wait."""
    return f"jobrunner-{blake2b(route.encode(), digest_size=12).hexdigest()}" if route else ANY


def fits(placed: Placed, host: str, labels: Collection[str]) -> bool:
    """Whether a host of this name with these labels may run it."""
    is_named = not placed.hosts or any(fnmatchcase(host, name) for name in placed.hosts)
    return is_named and all(label in labels for label in placed.labels)


def preferred(placed: Placed, host: str, labels: Collection[str]) -> bool:
    """Whether this host is one of those that are to take it first; without any, each one is."""
    return not placed.prefer or any(
        fnmatchcase(host, word) or word in labels for word in placed.prefer
    )


def told(placed: Placed) -> str:
    """Where it may run, in words: "web-* or db-1, with gpu and ssd"."""
    names = " or ".join(placed.hosts) or "any host"
    return names + (f" with {' and '.join(placed.labels)}" if placed.labels else "")

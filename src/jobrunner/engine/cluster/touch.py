"""Whether a host is in touch with the ledger, and which others are lost by then: the rules alone.

Every instant is by the database's clock, which may be set; `elapsed` is by one that never is.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.model.settings import Cluster
from jobrunner.policy.lease import GRACEFUL
from jobrunner.store.fleet import Host


class Touch(Struct, frozen=True):
    """Beats without a break: when the first and the last were heard, and the last was begun."""

    since: datetime
    last: datetime
    elapsed: float


def interval(cluster: Cluster) -> timedelta:
    """How often a host beats: as it is told, and often enough that one may be late."""
    return min(cluster.beat, cluster.lease / 8)


def touched(before: Touch | None, heard_at: datetime, elapsed: float, cluster: Cluster) -> Touch:
    """The beats so far, with one that was heard now.

    A quarter of the lease without one is a break, by whichever clock: somebody stopped us, cut us
    off, or set the database's clock.
    """
    longest = cluster.lease / 4
    if before is not None:
        is_steady = timedelta() <= heard_at - before.last <= longest
        if is_steady and elapsed - before.elapsed <= longest.total_seconds():
            return Touch(before.since, heard_at, elapsed)
    return Touch(heard_at, heard_at, elapsed)


def is_settled(touch: Touch, cluster: Cluster) -> bool:
    """Whether we were in touch for so long that who was not heard of meanwhile is to blame."""
    return touch.last - touch.since >= cluster.lease


def lost(hosts: Iterable[Host], touch: Touch, cluster: Cluster) -> list[Host]:
    """The hosts that were not heard of for a whole lease, during which we were.

    A database that was away makes nobody lost: we did not hear of it either.
    """
    if not is_settled(touch, cluster):
        return []
    return [host for host in hosts if touch.last - host.beat_at > cluster.lease]


def let_go_at(touch: Touch, cluster: Cluster) -> float:
    """Until when what others may start has to be asked to end, if nothing is heard of the ledger.

    One look at it may take as long as its silence is borne; then there is time to end what runs.
    """
    left = cluster.lease - GRACEFUL - cluster.timeout
    return touch.elapsed + left.total_seconds()

"""When a host of many is lost: not before it must have taken up its own jobs again."""

from datetime import timedelta

from jobrunner.model.settings import Cluster
from jobrunner.words import spell

# What it takes a supervisor at most to start, and to end the attempts that it has to let go of.
START = timedelta(seconds=5)
GRACEFUL = timedelta(seconds=5)
# One beat may be late, and one be lost.
BEATS = 3
# Nobody ticks or beats more often.
SHORTEST = timedelta(seconds=1)


def least(cluster: Cluster) -> timedelta:
    """What a lease has to be longer than.

    A supervisor that was killed is replaced by the second tick at the latest; it starts, and beats.
    One that is cut off notices after the time-out, and then ends what others could start.
    """
    return 2 * cluster.tick + START + cluster.beat + cluster.timeout + GRACEFUL


def silence(cluster: Cluster) -> timedelta:
    """How long a host that lives may not be heard of."""
    return BEATS * cluster.beat


def unsafe(cluster: Cluster) -> str:
    """Why two hosts could run the same attempt, with the sum; empty if the lease is long enough."""
    if cluster.lease > least(cluster):
        return ""
    return (
        f"`lease` is {spell(cluster.lease)}, and must be longer than {spell(least(cluster))}:"
        f" twice `tick` ({spell(cluster.tick)}), the start of a supervisor ({spell(START)}),"
        f" `beat` ({spell(cluster.beat)}), `timeout` ({spell(cluster.timeout)})"
        f" and what stopping takes ({spell(GRACEFUL)})"
    )

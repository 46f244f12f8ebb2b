"""The right to act for a while, where hosts have no ledger in common: who gives it, by a URL."""

from typing import TYPE_CHECKING

from jobrunner.errors import UnusableError

if TYPE_CHECKING:
    from jobrunner.lease.base import Lease, Who

NEEDED = "claims need the client of Redis: pip install 'jobrunner[redis]'"


def open_lease(url: str, who: "Who") -> "Lease":
    """Whoever gives leases at this URL; nobody is asked yet.

    UnusableError if the URL is none, or what speaks to it is not installed.
    """
    # Who needs no claims need not have the client, nor its memory.
    try:
        from jobrunner.lease.redis import RedisLease  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UnusableError(NEEDED) from error
    return RedisLease(url, who)

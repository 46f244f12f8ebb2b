"""Finds a keeper again that another supervisor started, and says what became of it."""

from msgspec import Struct

from jobrunner.process import spool
from jobrunner.process.birth import Birth, Child, boot_id, open_pidfd, status
from jobrunner.process.spool import Spooled


class Ended(Struct, frozen=True):
    """The keeper is gone; an unfinished spool means that nobody knows how its command ended."""

    spooled: Spooled


def adopt(birth: Birth, path: str) -> Child | Ended:
    """The keeper if it lives, else what it left in its spool.

    1. A keeper of another boot has ended.
    2. Its descriptor is opened before its start is compared: it is never another process.
    3. The spool is read after it was seen to be gone: what is read is final.
    """
    if birth.boot == boot_id():
        pidfd = open_pidfd(birth.pid, birth.started)
        if pidfd is not None:
            child = Child(birth.pid, pidfd, birth)
            if is_alive(birth):
                return child
            child.close()
    return Ended(spool.read(path))


def is_alive(birth: Birth) -> bool:
    """Whether it runs; one that nobody has waited for has ended too."""
    found = status(birth.pid)
    return found is not None and found.started == birth.started and not found.is_dead

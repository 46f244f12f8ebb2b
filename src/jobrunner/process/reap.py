"""Takes a keeper that has ended off the kernel's table, with what its command used up."""

import os
from datetime import timedelta

from msgspec import Struct

from jobrunner.process.birth import Child


class Usage(Struct, frozen=True):
    """What the keeper and all that was waited for below it have used.

    `max_rss` is in bytes, and not below that of the caller: the kernel counts what a process had
    before its exec.
    """

    cpu: timedelta
    max_rss: int


def reap(child: Child) -> Usage | None:
    """What an ended child of ours used, once; its pidfd is closed.  None while it runs."""
    pid, _, used = os.wait4(child.pid, os.WNOHANG)
    if not pid:
        return None
    child.close()
    return Usage(timedelta(seconds=used.ru_utime + used.ru_stime), used.ru_maxrss * 1024)

"""Files of ended attempts that are used again: to make and remove one costs many times as much.

ext4 gives the place of a removed file to no other for minutes, and looks at each such place anew
whenever it makes a file: a thousand attempts a minute would spend most of their time on that.
"""

import os
from collections import defaultdict
from contextlib import suppress

from jobrunner.engine import result
from jobrunner.process import spool

ROOM = 256  # files of a kind: hardly more attempts end before the next ones begin

Owner = tuple[int, int]


class Stock:
    """Spools and results of ended attempts, for the attempts to come.  One without room has none.

    What lies here has no name that a job could know.  Whether it can be used again is seen when it
    is: then it is as good as new, or removed.
    """

    def __init__(self, folder: str = "", room: int = 0) -> None:
        self._folder = folder
        self._room = room
        self._made = 0
        self._spools: list[str] = []
        self._results: dict[Owner, list[str]] = defaultdict(list)

    def spool(self, path: str) -> int:
        """A spool at this path, which is taken by no other."""
        while self._spools:
            old = self._spools.pop()
            try:
                return spool.renew(old, path)
            except OSError:
                _remove(old)
        return spool.make(path)

    def result(self, path: str, owner: Owner) -> None:
        """An empty file at this path for its user alone; nothing else is there."""
        spares = self._results[owner]
        while spares:
            old = spares.pop()
            try:
                return result.renew(old, path, owner)
            except OSError:
                _remove(old)
        return result.make(path, owner)

    def keep_spool(self, path: str) -> None:
        """Take in the spool of an attempt whose end is recorded; OSError if it is not there."""
        self._keep(path, self._spools)

    def keep_result(self, path: str) -> None:
        """The same of a result, if nothing was written to it."""
        found = os.lstat(path)
        if found.st_size:
            os.unlink(path)  # noqa: PTH108 - a thousand ends a minute
            return
        self._keep(path, self._results[found.st_uid, found.st_gid])

    def clear(self) -> None:
        """Remove all of it, what an earlier supervisor has left too."""
        self._spools.clear()
        self._results.clear()
        with suppress(OSError):  # nothing is there, or it is in nobody's way
            for name in os.listdir(self._folder):  # noqa: PTH208 - names are all that is wanted
                os.unlink(f"{self._folder}/{name}")  # noqa: PTH108 - see above

    def _keep(self, path: str, spares: list[str]) -> None:
        if len(spares) >= self._room:
            os.unlink(path)  # noqa: PTH108 - see above
            return
        self._made += 1
        spare = f"{self._folder}/{self._made}"
        os.rename(path, spare)  # noqa: PTH104 - see above
        spares.append(spare)


def _remove(path: str) -> None:
    with suppress(OSError):  # it is swept when a supervisor starts
        os.unlink(path)  # noqa: PTH108 - a thousand ends a minute

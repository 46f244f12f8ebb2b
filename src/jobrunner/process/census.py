"""Which processes are a command's: its session, its descendants, and all that bear its marker."""

import os
from collections.abc import Iterator

from jobrunner.process.birth import Birth, Status, boot_id, is_in_exec, status

INIT = 1


class Census:
    """Finds a command's processes, again and again; what was looked at once is known.

    A session and descendants are believed only while the keeper's entry is there, which keeps its
    number from another process; a marker always is.  The keeper itself and we are never counted.

    A process that starts another and leaves, over and over, is one of the listed ones in each look,
    since a later number is listed later.  It is missed if it was gone, or dead, by the time it was
    looked at: `is_sure` says that in the last look none was, that nobody knew for what it was.
    """

    def __init__(self, keeper: Birth, marker: str) -> None:
        self._keeper = keeper
        self._marker = os.fsencode(marker)
        self._ours: set[Birth] = set()
        self._foreign: dict[Birth, tuple[int, int]] = {}
        self._doubted: set[Birth] = set()
        self._excluded = {INIT, os.getpid(), keeper.pid}
        self.is_sure = False

    def take(self) -> Iterator[Status]:
        """The living ones, the newest first, each as soon as it is found."""
        self.is_sure = True
        found = status(self._keeper.pid)
        is_known = found is not None and _birth(found) == self._keeper
        families = {self._keeper.pid} if is_known else set()
        rest: dict[int, Status] = {}
        # Judged as it is read: what hops is elsewhere by the time that all are read.
        for each in self._processes():
            if not self._belongs(each, families, is_known):
                rest[each.pid] = each
                continue
            families.add(each.pid)
            if each.is_dead:
                self._doubt(_birth(each))
            else:
                yield each
        yield from self._descendants(rest, families)

    def _descendants(self, rest: dict[int, Status], families: set[int]) -> Iterator[Status]:
        """Of the others, those whose parent was found after them."""
        while new := [each for each in rest.values() if each.parent in families]:
            for each in new:
                del rest[each.pid]
                families.add(each.pid)
                self._ours.add(_birth(each))
                if not each.is_dead:
                    yield each

    def _belongs(self, each: Status, families: set[int], is_known: bool) -> bool:
        if each.parent in families or (is_known and each.session == self._keeper.pid):
            self._ours.add(_birth(each))
            return True
        return _birth(each) in self._ours or self._bears_marker(each)

    def _bears_marker(self, each: Status) -> bool:
        birth = _birth(each)
        # A process has another environment only after an exec, of which little else tells.
        seen = (each.parent, each.session)
        if self._foreign.get(birth) == seen:
            return False
        environ = b"" if each.is_dead else _environ(each.pid)
        if self._marker and self._marker in environ.split(b"\0"):
            self._ours.add(birth)
            return True
        if environ:  # none at all may be one in the midst of its exec, or of its end
            self._foreign[birth] = seen
        elif is_in_exec(each):
            self.is_sure = False
        else:
            self._doubt(birth)
        return False

    def _doubt(self, birth: Birth) -> None:
        """The next look knows it, and what it may have started since the numbers were listed."""
        if birth not in self._doubted:
            self._doubted.add(birth)
            self.is_sure = False

    def _processes(self) -> Iterator[Status]:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - quick
        for pid in sorted(numbers, reverse=True):
            if pid in self._excluded:
                continue
            found = status(pid)
            if found is not None:
                yield found
            else:
                self.is_sure = False


def _birth(each: Status) -> Birth:
    return Birth(each.pid, boot_id(), each.started)


def _environ(pid: int) -> bytes:
    """What a process was started with; nothing where we may not look."""
    try:
        file = os.open(f"/proc/{pid}/environ", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return b"".join(iter(lambda: os.read(file, 65536), b""))
    except OSError:
        return b""
    finally:
        os.close(file)

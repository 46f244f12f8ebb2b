"""When an output was seen to have grown: a small file beside it, of pairs of an instant and a size.

The command writes to its file itself, so that nobody is there when a line is written.  Who looks at
the file from time to time notes how long it was then; so a line was written between two looks.
What ends within a second leaves no such file: its end tells as much.
"""

import os
import struct
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.process.output import open_to_read

PAIR = struct.Struct("<qq")  # microseconds since 1970, bytes
UNKNOWN = 0  # in the place of an instant: written while nobody looked
MOST = 4096  # pairs: then every second one goes, and half as many are noted from there
WRITE = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MODE = 0o640
PACE = 1.0  # seconds between two writes
SECOND = 1_000_000  # microseconds
FIRST_GAP = SECOND // 5  # two looks


class Sightings(Struct, frozen=True):
    """The sizes at which an output was seen, and when."""

    pairs: Sequence[tuple[int, int]] = ()

    def seen_at(self, offset: int) -> int | None:
        """When the byte there was first seen; None if nobody knows."""
        place = bisect_right(self.pairs, offset, key=_size)
        return (self.pairs[place][0] or None) if place < len(self.pairs) else None


class Witness:
    """Notes the looks at one output while its attempt runs."""

    def __init__(self, path: str, began: float, *, is_late: bool) -> None:
        """`began` is on the clock of durations; `is_late`: others have looked before, or nobody."""
        self._path = path
        self._began = began
        self._is_late = is_late
        self._size = 0
        self._pending: list[tuple[int, int]] = []
        self._next_write = began + PACE
        self._gap = 0
        self._noted_at = 0

    def note(self, size: int, clock: Clock) -> None:
        """The output has this size now."""
        if size != self._size:
            self._see(size, round(clock.now().timestamp() * SECOND))
        if self._pending and (elapsed := clock.elapsed()) >= self._next_write:
            self._write()
            self._next_write = elapsed + PACE

    def end(self, clock: Clock) -> None:
        """It is over; of one that ended within a second nothing is kept."""
        if clock.elapsed() - self._began >= PACE:
            self._write()

    def _see(self, size: int, now: int) -> None:
        if size < self._size:  # the command cut it short itself
            self._forget()
        self._size = size
        if self._is_late:
            self._is_late = False
            self._pending.append((UNKNOWN, size))
        elif self._pending and now - self._noted_at < self._gap:
            self._pending[-1] = (now, size)
        else:
            self._pending.append((now, size))
            self._noted_at = now

    def _write(self) -> None:
        if not self._pending:
            return
        with suppress(OSError):  # its disk is in trouble, or full: then nobody knows when
            file = os.open(self._path, WRITE, MODE)
            try:
                os.fchmod(file, MODE)
                size = os.fstat(file).st_size
                os.ftruncate(file, size - size % PAIR.size)  # a full disk took half a pair
                os.write(file, b"".join(PAIR.pack(*pair) for pair in self._pending))
                if os.fstat(file).st_size > MOST * PAIR.size:
                    self._thin(file)
            finally:
                os.close(file)
        self._pending.clear()

    def _thin(self, file: int) -> None:
        """Let every second pair go: of two looks the later one stands for both."""
        pairs = [*PAIR.iter_unpack(os.pread(file, 2 * MOST * PAIR.size, 0))][1::2]
        os.ftruncate(file, 0)
        os.write(file, b"".join(PAIR.pack(*pair) for pair in pairs))
        self._gap = 2 * self._gap or FIRST_GAP

    def _forget(self) -> None:
        self._pending.clear()
        with suppress(OSError):
            os.truncate(self._path, 0)


def read(path: str) -> Sightings:
    """What was noted beside an output; nothing if there is nothing to be read."""
    try:
        file = open_to_read(path)
    except OSError:
        return Sightings()
    try:
        content = os.pread(file, 2 * MOST * PAIR.size, 0)
    finally:
        os.close(file)
    return parsed(content)


def parsed(content: bytes) -> Sightings:
    """What such a file says."""
    whole = len(content) // PAIR.size * PAIR.size
    return Sightings(tuple(PAIR.iter_unpack(content[:whole])))


def _size(pair: tuple[int, int]) -> int:
    return pair[1]

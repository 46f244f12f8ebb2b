"""Reads a command's output while it is being written, from where the last look ended.

The supervisor gives the middle of a long output back to the disk meanwhile.  What it took before it
was read is a hole, which is told and passed over; all else comes byte for byte.
"""

import os
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from jobrunner.process.output import CHUNK, open_to_read


class Wrote(Struct, frozen=True):
    """What a command wrote since the last look."""

    data: bytes


class Cut(Struct, frozen=True):
    """So many bytes were given back to the disk before they could be read."""

    size: int

    def __str__(self) -> str:
        return f"... {self.size:,} bytes cut ..."


class Unseen(Struct, frozen=True):
    """The output cannot be read by this user."""

    reason: str


class Tail:
    """A reader of one output file, which may not be there yet."""

    def __init__(self, path: str, offset: int = 0) -> None:
        self.offset = offset
        self._path = path
        self._file = -1

    def read(self) -> Iterator[Wrote | Cut | Unseen]:
        """What is new, in order."""
        while piece := self.piece():
            yield piece

    def piece(self) -> Wrote | Cut | Unseen | None:
        """The next that is new, if anything is; a file that may not be read is told once."""
        if self._file < 0:
            refusal = self._open()
            if refusal or self._file < 0:
                return refusal
        size = os.fstat(self._file).st_size
        if size < self.offset:  # the command cut its output short itself, and begins anew
            self.offset = 0
        return self._next(size) if size > self.offset else None

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._path = -1, ""

    def _open(self) -> Unseen | None:
        if not self._path:
            return None
        try:
            self._file = open_to_read(self._path)
        except FileNotFoundError:
            return None
        except OSError as error:
            path, self._path = self._path, ""
            return Unseen(f"{path} cannot be read: {error.strerror or error}")
        return None

    def _next(self, size: int) -> Wrote | Cut | None:
        data = os.pread(self._file, CHUNK, self.offset)
        # Looked for after the read: a hole is never filled again, so what lies before it is true.
        hole = self._seek(os.SEEK_HOLE, size)
        if hole > self.offset:
            kept = data[: hole - self.offset]
            self.offset += len(kept)
            return Wrote(kept) if kept else None
        start = self.offset
        self.offset = self._seek(os.SEEK_DATA, size)
        return Cut(self.offset - start)

    def _seek(self, what: int, size: int) -> int:
        with suppress(OSError):  # no more data, or cut short meanwhile
            return os.lseek(self._file, self.offset, what)
        return size

"""What attempts wrote, to be read wherever it is: in a file of this host, or sent by another one.

Hosts that share a ledger send to it what their jobs write.  Who reads need not know which it is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Protocol, Self

from msgspec import Struct

from jobrunner.engine.scene import Scene, host_of
from jobrunner.engine.state import State
from jobrunner.process import sighting
from jobrunner.process.output import CHUNK, open_to_read
from jobrunner.process.sighting import Sightings
from jobrunner.store.base import Store
from jobrunner.store.fleet import Fleet, Outputs

AT_ONCE = 8  # pieces
MANY = 1000  # small ones

Span = tuple[int, int]


class Transcript(Protocol):
    """An output that is open."""

    def size(self) -> int:
        """How much was written by now, as far as that is known here."""

    def after(self, offset: int) -> tuple[int, bytes]:
        """Some of what stands from a byte on, and where: what lies before that is gone.

        Nothing, at the end.
        """

    def end(self, most: int) -> tuple[int, bytes]:
        """Where it ends by now, and the last of it, so many bytes at most."""

    def close(self) -> None:
        """Let go of it."""


class OnDisk:
    """A file, which its command may still be writing."""

    def __init__(self, file: int) -> None:
        self.file = file

    @classmethod
    def at(cls, path: str) -> Self:
        """The file of this name; OSError if there is none, or none to be read."""
        return cls(open_to_read(path))

    def size(self) -> int:
        return os.fstat(self.file).st_size

    def after(self, offset: int) -> tuple[int, bytes]:
        data = os.pread(self.file, CHUNK, offset)
        # Looked for after the read: a hole is never filled again, so what lies before it is true.
        hole = self._seek(os.SEEK_HOLE, offset)
        if hole > offset:
            return offset, data[: hole - offset]
        return self._seek(os.SEEK_DATA, offset), b""

    def end(self, most: int) -> tuple[int, bytes]:
        size = self.size()
        return size, os.pread(self.file, most, max(0, size - most))

    def close(self) -> None:
        os.close(self.file)

    def _seek(self, what: int, offset: int) -> int:
        with suppress(OSError):  # no more data, or cut short meanwhile
            return os.lseek(self.file, offset, what)
        return self.size()


class Sent:
    """What another host has sent of an output so far."""

    def __init__(self, outputs: Outputs, run: int, attempt: int) -> None:
        self._outputs, self._run, self._attempt = outputs, run, attempt

    def size(self) -> int:
        return self._outputs.written(self._run, self._attempt)

    def after(self, offset: int) -> tuple[int, bytes]:
        pieces = self._outputs.pieces(self._run, self._attempt, offset, AT_ONCE)
        if not pieces:
            return offset, b""
        begin = max(offset, pieces[0].first)
        whole = bytearray(pieces[0].body[begin - pieces[0].first :])
        for before, piece in pairwise(pieces):
            if piece.first > before.end:
                break
            whole += piece.body[begin + len(whole) - piece.first :]
        return begin, bytes(whole)

    def end(self, most: int) -> tuple[int, bytes]:
        pieces = self._outputs.pieces(self._run, self._attempt, -most, MANY)
        whole = b"".join(piece.body for piece in pieces)
        return (pieces[-1].end if pieces else 0), whole[-most:]

    def parts(self, offset: int = 0) -> Iterator[tuple[int, bytes]]:
        """All that is there from a byte on, each part with where it stands."""
        at, data = self.after(offset)
        while data:
            yield at, data
            at, data = self.after(at + len(data))

    def copy(self, file: int) -> list[Span]:
        """Write it to a file, each byte to its place; what of that is no hole then."""
        spans: list[Span] = []
        for at, data in self.parts():
            os.pwrite(file, data, at)
            start = spans.pop()[0] if spans and spans[-1][1] == at else at
            spans.append((start, at + len(data)))
        return spans

    def beside(self) -> "Sent":
        """What was noted of it while it was written."""
        return Sent(self._outputs, self._run, beside(self._attempt))

    def close(self) -> None:
        """There is nothing to let go of."""


class Transcripts(Struct, frozen=True):
    """Where this host finds what attempts wrote."""

    state: State
    store: Store
    host: str

    def of(self, run: int, attempt: int, host: str) -> Transcript:
        """What the attempt wrote that ran there; OSError if that is not to be read."""
        sent = self.sent(run, attempt, host)
        return sent or OnDisk.at(self._path(run, attempt))

    def anywhere(self, run: int, attempt: int) -> Transcript:
        """The same of an attempt of which nobody has said where it ran."""
        host = self.host
        if isinstance(self.store, Fleet):
            tried = self.store.attempts(run)
            host = next((each.host for each in tried if each.number == attempt), host)
        return self.of(run, attempt, host)

    def sent(self, run: int, attempt: int, host: str) -> Sent | None:
        """What was sent of it, where that has to be read for want of its file.

        A file of another host's run would be of another ledger: numbers are given out by each.
        """
        if not isinstance(self.store, Fleet):
            return None
        if host == self.host and os.path.lexists(self._path(run, attempt)):
            return None
        found = Sent(self.store, run, attempt)
        return found if host != self.host or found.size() else None

    def sightings(self, run: int, attempt: int, host: str) -> Sightings:
        """When it was seen to grow."""
        sent = self.sent(run, attempt, host)
        if sent is None:
            return sighting.read(self.state.sightings(self._path(run, attempt)))
        return sighting.parsed(sent.beside().after(0)[1])

    def _path(self, run: int, attempt: int) -> str:
        # The name is computed: what a database says that others write, is no path for us.
        return self.state.output_path(self.state.output(run, attempt))


def transcripts_of(scene: Scene) -> Transcripts:
    """Those of the runs of a scene's ledger."""
    return Transcripts(scene.state, scene.store, host_of(scene.config.settings))


def beside(attempt: int) -> int:
    """As what attempt that is sent which was noted of this one's output."""
    return -attempt


@contextmanager
def reading(found: Transcript) -> Iterator[Transcript]:
    """An output for as long as it is looked at."""
    try:
        yield found
    finally:
        found.close()

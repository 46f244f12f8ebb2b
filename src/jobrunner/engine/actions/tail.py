"""Reads a command's output while it is being written, from where the last look ended.

The supervisor gives the middle of a long output back to the disk meanwhile.  What it took before it
was read is a hole, which is told and passed over; all else comes byte for byte.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from jobrunner.engine.transcript import Transcript


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
    """A reader of one output, which may not be there yet."""

    def __init__(self, opened: Callable[[], Transcript], offset: int = 0) -> None:
        """`opened` opens it, or raises OSError."""
        self.offset = offset
        self._opened: Callable[[], Transcript] | None = opened
        self._transcript: Transcript | None = None

    def read(self) -> Iterator[Wrote | Cut | Unseen]:
        """What is new, in order."""
        while piece := self.piece():
            yield piece

    def piece(self) -> Wrote | Cut | Unseen | None:
        """The next that is new, if anything is; an output that may not be read is told once."""
        if self._transcript is None:
            refusal = self._open()
            if refusal or self._transcript is None:
                return refusal
        size = self._transcript.size()
        if size < self.offset:  # the command cut its output short itself, and begins anew
            self.offset = 0
        return self._next(self._transcript) if size > self.offset else None

    def lacks(self, size: int | None) -> bool:
        """Whether there is less by now than was written in all."""
        there_is = self._transcript.size() if self._transcript else 0
        return there_is < (size or 0)

    def close(self) -> None:
        if self._transcript is not None:
            self._transcript.close()
        self._transcript = self._opened = None

    def _open(self) -> Unseen | None:
        if self._opened is None:
            return None
        try:
            self._transcript = self._opened()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._opened = None
            named = f"{error.filename} cannot be read: {error.strerror}"
            return Unseen(named if error.filename else str(error))
        return None

    def _next(self, transcript: Transcript) -> Wrote | Cut | None:
        at, data = transcript.after(self.offset)
        if at > self.offset:
            gap, self.offset = at - self.offset, at
            return Cut(gap)
        self.offset += len(data)
        return Wrote(data) if data else None

"""Stars out what is secret in an output before it leaves the host, byte for byte.

Words are found at once.  Patterns may take for ever: they are tried in a process apart, and what
they are tried on waits for it.
"""

import os
import select
from typing import Protocol

from jobrunner.engine.apart import Apart
from jobrunner.engine.blot import WINDOW, Redactor
from jobrunner.engine.discretion import starred

SECONDS = 1  # of CPU
PLACES = 2
ENDS = (b"\n", b"\r")


class Room:
    """Where patterns are tried: a few at once, of all outputs together."""

    def __init__(self, places: int = PLACES) -> None:
        self.free = places


class Trial(Protocol):
    """Some bytes that are looked through."""

    def is_over(self) -> bool:
        """Whether `result` need not wait."""

    def result(self) -> bytes:
        """As many of them, from the first on, as are decided, without their secrets."""


class Clear:
    """Of these it is known."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def is_over(self) -> bool:
        return True

    def result(self) -> bytes:
        return self._data


class Searched:
    """These are tried in a process apart; all of them are starred out if that does not end."""

    def __init__(self, data: bytes, redactor: Redactor, veil: "Veil") -> None:
        """OSError if there is no process to be had."""
        self._veil = veil
        self._size = len(data)
        self._file = os.memfd_create("output")
        try:
            os.write(self._file, data)
            self._apart = Apart(_order(redactor), self._file)
        except OSError:
            os.close(self._file)
            raise
        veil.room.free -= 1

    def is_over(self) -> bool:
        poll = select.poll()
        poll.register(self._apart.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def result(self) -> bytes:
        try:
            if "blotted" in self._apart.finish():
                return os.pread(self._file, self._size, 0)
        finally:
            self._veil.room.free += 1
            os.close(self._file)
        self._veil.is_blind = True
        return b"*" * self._size


class Veil:
    """What one attempt's secrets are; `is_blind` is one whose patterns have once taken too long."""

    def __init__(self, redactor: Redactor, room: Room) -> None:
        self.is_blind = False
        self.room = room
        self._redactor = redactor

    def __bool__(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._redactor)

    def over(self, block: bytes, *, is_last: bool) -> Trial | None:
        """Look through a block that begins with a line, or where the last one was decided.

        Of the last one it is never known how it goes on: what may begin a secret is taken for one.
        None where nothing can be said now: the line may be going on, or there is no room.
        """
        if not self._redactor.patterns:
            shown = starred(self._redactor.stream().parts(block))
            return Clear(shown.ljust(len(block), b"*") if is_last else shown)
        ready = max(map(block.rfind, ENDS)) + 1
        if not ready and (is_last or len(block) < WINDOW):
            return Clear(b"*" * len(block)) if is_last else None
        if self.is_blind:
            return Clear(b"*" * (ready or len(block)))
        try:
            return (
                Searched(block[: ready or None], self._redactor, self) if self.room.free else None
            )
        except OSError:
            return None


def _order(redactor: Redactor) -> dict[str, object]:
    return {
        "seconds": SECONDS,
        "output": "",
        "not_output": "",
        "ranges": [],
        "words": [word.decode("utf-8", "surrogateescape") for word in redactor.words],
        "patterns": [pattern.pattern for pattern in redactor.patterns],
        "texts": [],
        "blots": True,
    }

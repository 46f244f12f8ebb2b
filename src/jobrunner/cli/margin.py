"""The margin of an output: when each of its lines was first seen."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from jobrunner.cli.escape import Neutral
from jobrunner.engine.blot import STARS, Redactor
from jobrunner.engine.redact import redactor
from jobrunner.model.job import Job

Seen = Callable[[int], datetime | None]
RULE = " | "
EMPTY = " " * len("00:00:00.0")


class Margin:
    """Bytes in, in pieces cut anywhere, with where they stand; safe text with its margin out.

    Times are taken of the bytes as they were written: what is shown may be longer or shorter.
    """

    def __init__(
        self, job: Job | None, seen: Seen, zone: tzinfo, began: datetime, *, colour: bool
    ) -> None:
        """`seen` says when a place of the output was first seen; None if nobody knows."""
        self._secrets = (redactor(job) if job else Redactor()).stream()
        self._neutral = Neutral(colour=colour)
        self._seen = seen
        self._zone = zone
        self._day = began.astimezone(zone).date()
        self._fed: int | None = 0  # where the next piece stands, if nothing is left out
        self._place: int | None = 0  # of the byte that is shown next
        self._is_open = False  # within a line

    def feed(self, piece: bytes, place: int | None) -> str:
        """What stands there; what has no place gets no time."""
        before = "" if place == self._fed else self.end()
        if place != self._fed:
            self._place = place
        self._fed = None if place is None else place + len(piece)
        return before + "".join(self._told(*part) for part in self._secrets.parts(piece))

    def remark(self, text: str) -> str:
        """A line of ours between two of the output's."""
        before = f"{self.end()}\n" if self._is_open else self.end()
        self._is_open = False
        self._fed = -1  # what follows stands elsewhere
        return f"{before}{EMPTY}{RULE}{text}\n"

    def end(self) -> str:
        """What was held back."""
        rest = "".join(self._told(*part) for part in self._secrets.rest())
        return rest + self._neutral.end()

    def _told(self, written: bytes, is_secret: bool) -> str:
        if is_secret:
            start = self._start()
            self._advance(written, is_open=True)
            return start + self._neutral.feed(STARS)
        return "".join(self._line(line) for line in written.splitlines(keepends=True))

    def _line(self, line: bytes) -> str:
        start = self._start()
        self._advance(line, is_open=not line.endswith(b"\n"))
        return start + self._neutral.feed(line)

    def _start(self) -> str:
        return "" if self._is_open else f"{self._time()}{RULE}"

    def _advance(self, written: bytes, *, is_open: bool) -> None:
        self._is_open = is_open
        if self._place is not None:
            self._place += len(written)

    def _time(self) -> str:
        at = self._seen(self._place) if self._place is not None else None
        if at is None:
            return EMPTY
        there = at.astimezone(self._zone)
        day = "" if there.date() == self._day else f"{there:%a} "
        return f"{day}{there:%H:%M:%S}.{there.microsecond // 100_000}"

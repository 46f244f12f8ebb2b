"""A run's output as events, as it is written: what was said of it is `jobrunner logs -f`."""

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import datetime, tzinfo
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from starlette.concurrency import run_in_threadpool

from jobrunner.engine.actions.follow import Began, Ended, Over
from jobrunner.engine.actions.listen import Ear, Heard
from jobrunner.engine.actions.tail import Cut, Unseen, Wrote
from jobrunner.engine.discretion import Discretion
from jobrunner.engine.past.rows import AttemptRow, RunRow, attempt_row, row
from jobrunner.engine.transcript import transcripts_of
from jobrunner.model.job import Job
from jobrunner.web.pen import Encoding, Written, pen_of
from jobrunner.web.pulse import Followed, Listener
from jobrunner.web.site import Site
from jobrunner.web.stream import KEEP_ALIVE, STILL, event

END = "end"


class CutOut(Struct, frozen=True):
    """So many bytes were given back to the disk before they could be read."""

    bytes: int


class AttemptEnd(AttemptRow, frozen=True, kw_only=True):
    """How an attempt ended, and when the next one comes, if one does."""

    next_attempt_at: datetime | None


class Unreadable(Struct, frozen=True):
    """The server may not read the output."""

    detail: str


# The events by name; what was written has none, as a browser likes it.
EVENTS = {
    "message": Written,
    "attempt": AttemptRow,
    "cut": CutOut,
    "unreadable": Unreadable,
    "attempt_end": AttemptEnd,
    END: RunRow,
}


class Scribe:
    """Writes what is heard of one run as events."""

    def __init__(self, job: Job | None, zone: tzinfo, encoding: Encoding) -> None:
        self._job, self._zone, self._encoding = job, zone, encoding
        self._pen, self._discretion = pen_of(encoding), Discretion(job)

    def write(self, heard: Heard) -> bytes:
        """The event; nothing as long as all that came is half a character."""
        name, value = self._told(heard.what)
        if value == Written():
            return b""
        if isinstance(heard.what, Over):
            return event(value, name, END)
        if isinstance(heard.what, Ended):
            left = (self._pen.write(self._discretion.rest()), self._pen.rest())
            told = (event(one) for one in left if one != Written())
            return b"".join([*told, event(value, name, _id(heard))])
        # What is held is told with what follows it: who comes back begins before it.
        return event(value, name, _id(heard, self._pen.held + self._discretion.held))

    def _told(self, what: object) -> tuple[str, Any]:
        local = self._job.timezone.info if self._job else self._zone
        match what:
            case Wrote(data):
                return "", self._pen.write(self._discretion.feed(data))
            case Cut(size):
                return "cut", CutOut(size)
            case Began(_, attempt):
                self._pen, self._discretion = pen_of(self._encoding), Discretion(self._job)
                return "attempt", attempt_row(attempt, local)
            case Ended(_, attempt, next_at):
                told = asdict(attempt_row(attempt, local))
                when = next_at.astimezone(local) if next_at else None
                return "attempt_end", AttemptEnd(**told, next_attempt_at=when)
            case Over(run):
                return END, row(run, self._job, self._zone)
            case _:
                assert isinstance(what, Unseen)
                return "unreadable", Unreadable("This server may not read the output.")


def _id(heard: Heard, untold: int = 0) -> str:
    return f"{heard.place.attempt}:{heard.place.offset - untold}"


async def log_events(
    listener: Listener, ear: Ear, known: Followed, scribe: Scribe, site: Site
) -> AsyncIterator[bytes]:
    """Everything from the ear's place on, to the end of the run."""
    clock = site.clock
    told = clock.elapsed()
    while known.run is not None:
        size = _size(ear.path) if known.written is None else known.written
        if ear.has_news(known.run, known.attempts, size):
            for written in await run_in_threadpool(_written, ear, known, scribe, site):
                yield written
                told = clock.elapsed()
            if ear.place.is_over:
                return
            if ear.has_more:
                continue
        if clock.elapsed() - told >= KEEP_ALIVE:
            told = clock.elapsed()
            yield STILL
        beat = await listener.beat()
        if beat is None or listener.run is None:
            return
        known = beat.runs.get(listener.run, known)


def _written(ear: Ear, known: Followed, scribe: Scribe, site: Site) -> list[bytes]:
    """What is heard, written down: in a thread, for it may take its time."""
    assert known.run is not None
    with ExitStack() as stack:
        scene = stack.enter_context(site.open())[0] if known.is_shared else None
        shared = transcripts_of(scene) if scene else None
        events = [scribe.write(heard) for heard in ear.hear(known.run, known.attempts, shared)]
    return [each for each in events if each]


def _size(path: str) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_size  # noqa: PTH116 - paths are strings
    except OSError:
        return 0

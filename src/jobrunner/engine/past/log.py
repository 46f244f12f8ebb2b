"""What one attempt of a run wrote, as it was kept: head, what was cut, tail."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile

from msgspec import Struct
from msgspec.structs import fields

from jobrunner.config.quantity import spelt
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State
from jobrunner.engine.transcript import Sent, Span, transcripts_of
from jobrunner.errors import ForbiddenError, JobrunnerError, UnknownError
from jobrunner.model.job import Job
from jobrunner.model.run import Attempt, Run
from jobrunner.process import output, sighting
from jobrunner.words import numbered

Seen = Callable[[int], datetime | None]
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
SECOND = timedelta(seconds=1)  # what ends sooner is seen at its end
# What holds for a job that is in no file, or in none any more.
UNDECLARED = next(field.default for field in fields(Job) if field.name == "output_limit")


class Log(Struct, frozen=True, kw_only=True):
    """An output that is open: the file, how much was written, which parts of it are kept."""

    file: int
    size: int
    spans: Sequence[Span]

    @property
    def kept(self) -> int:
        return sum(end - start for start, end in self.spans)

    def pieces(self) -> Iterator[bytes]:
        """What is kept, byte for byte, with a line for what was cut."""
        return (piece for _, piece in self.placed())

    def placed(self) -> Iterator[tuple[int | None, bytes]]:
        """The same, each piece with where it stands; None for the line that is ours."""
        for start, end, told in self._segments():
            if told:
                yield None, told
            else:
                yield from output.between(self.file, start, end)

    @property
    def length(self) -> int:
        """How many bytes all pieces are together, by what was written when it was opened."""
        return sum(len(told) or end - start for start, end, told in self._segments())

    def part(self, first: int, until: int) -> Iterator[bytes]:
        """Those bytes of all pieces together that lie from one place to another."""
        at = 0
        for start, end, told in self._segments():
            length = len(told) or end - start
            begin, stop = max(first, at) - at, min(until, at + length) - at
            at += length
            if told and begin < stop:
                yield told[begin:stop]
            elif begin < stop:
                for _, piece in output.between(self.file, start + begin, start + stop):
                    yield piece

    def last(self, count: int) -> tuple[int | None, bytes]:
        """The last so many lines, and where they begin; None if something is left out of them."""
        end = 0

        def pieces() -> Iterator[bytes]:
            nonlocal end
            for place, piece in self.placed():
                end = end if place is None else place + len(piece)
                yield piece

        lines = last_lines(pieces(), count)
        start, stop = self.spans[-1] if self.spans else (0, 0)
        is_whole = end - len(lines) >= start and stop == self.size
        return (end - len(lines) if is_whole else None), lines

    def _segments(self) -> Iterator[tuple[int, int, bytes]]:
        """What is kept, from where to where, and in between what is told of the rest."""
        at = 0
        for start, end in (*self.spans, (self.size, self.size)):
            if start > at:
                yield at, start, output.remark(start - at)
            if end > start:
                yield start, end, b""
            at = end


def kept_of(size: int, limit: int) -> Sequence[Span]:
    """The parts of an output that are kept of so many bytes."""
    parts = output.parted(size, limit)
    return ((0, parts.head), (size - parts.tail, size)) if parts.cut else ((0, size),)


def attempt_of(scene: Scene, run: Run, number: int | None = None) -> Attempt:
    """The attempt of that number, or the last one; an error says why there is none."""
    attempts = scene.store.attempts(run.id)
    if not attempts:
        raise JobrunnerError(_without_attempt(run))
    if number is None:
        return attempts[-1]
    if number > len(attempts):
        few = numbered(len(attempts), "attempt")
        raise UnknownError(f"{run.job} #{run.id} has {few}. The last one: jobrunner logs {run.id}")
    return attempts[number - 1]


@contextmanager
def opened(scene: Scene, run: Run, attempt: Attempt) -> Iterator[Log]:
    """The output of an attempt, open."""
    if not attempt.output:
        raise JobrunnerError(f"the output of {_told(run, attempt)} was not kept.")
    limit = _limit(attempt, scene.config.jobs.get(run.job))
    sent = transcripts_of(scene).sent(run.id, attempt.number, attempt.host)
    with _copied(sent, run, attempt, limit) if sent else _found(scene, run, attempt, limit) as log:
        yield log


@contextmanager
def _found(scene: Scene, run: Run, attempt: Attempt, limit: int) -> Iterator[Log]:
    """The file that it wrote to."""
    try:
        file = _open(scene.state, run.id, attempt.number)
    except FileNotFoundError:
        raise JobrunnerError(_gone(scene, run, attempt)) from None
    except OSError as error:
        raise ForbiddenError(
            f"the output of {_told(run, attempt)} cannot be read: {error.strerror or error}"
        ) from error
    try:
        size = os.fstat(file).st_size
        yield Log(file=file, size=size, spans=kept_of(size, limit))
    finally:
        os.close(file)


@contextmanager
def _copied(sent: Sent, run: Run, attempt: Attempt, limit: int) -> Iterator[Log]:
    """What another host sent, as a file of this one, so that the ledger need not stay open."""
    with TemporaryFile(buffering=0) as file:
        there_is, size = sent.copy(file.fileno()), attempt.output_size
        if size and not there_is:
            raise JobrunnerError(_unsent(run, attempt))
        if size is None:
            size, spans = max((end for _, end in there_is), default=0), there_is
        else:
            spans = common(there_is, kept_of(size, limit))
        yield Log(file=file.fileno(), size=size, spans=spans)


def common(spans: Iterable[Span], wanted: Iterable[Span]) -> list[Span]:
    """What lies in both, in order."""
    found = ((max(start, first), min(end, last)) for start, end in spans for first, last in wanted)
    return [(start, end) for start, end in found if start < end]


def seen(scene: Scene, run: Run, attempt: Attempt) -> Seen | None:
    """When the byte at a place of the output was first seen; None if nobody ever looked."""
    return seen_by(sightings(scene, run, attempt), attempt)


def sightings(scene: Scene, run: Run, attempt: Attempt) -> sighting.Sightings:
    """The looks at the output while it was written."""
    return transcripts_of(scene).sightings(run.id, attempt.number, attempt.host)


def seen_by(found: sighting.Sightings, attempt: Attempt) -> Seen | None:
    """The same by what was noted of it."""
    is_short = attempt.duration is not None and attempt.duration < SECOND

    if not found.pairs and not is_short:
        return None

    def seen_at(offset: int) -> datetime | None:
        at = found.seen_at(offset)
        if at is not None:
            return datetime.fromtimestamp(at / 1_000_000, UTC)
        return None if found.pairs else attempt.finished_at

    return seen_at


def last_lines(pieces: Iterable[bytes], count: int) -> bytes:
    """The last so many lines of what comes in pieces."""
    lines: deque[bytes] = deque(maxlen=count)
    line: list[bytes] = []
    for piece in pieces:
        first, *others = piece.split(b"\n")
        line.append(first)
        if others:
            lines.append(b"".join(line) + b"\n")
            lines.extend(each + b"\n" for each in others[:-1])
            line = [others[-1]]
    if any(line):
        lines.append(b"".join(line))
    return b"".join(lines)


def _open(state: State, run: int, attempt: int) -> int:
    """The file, whose name is computed: what a database says that others write is no path.

    The folder may not be reached through another name either.
    """
    path = state.output_path(state.output(run, attempt))
    folder = os.open(os.path.dirname(path), FOLDER)  # noqa: PTH120 - paths are strings here
    try:
        return output.open_to_read(f"/proc/self/fd/{folder}/{os.path.basename(path)}")  # noqa: PTH119 - see above
    finally:
        os.close(folder)


def _limit(attempt: Attempt, job: Job | None) -> int:
    """How much of the output is kept; what was cut, if the ledger knows, tells it exactly."""
    size, cut = attempt.output_size or 0, attempt.output_cut or 0
    if cut:
        return size - cut
    return max(size, job.output_limit if job else UNDECLARED)


def _without_attempt(run: Run) -> str:
    if not run.state.is_live:
        because = f": {run.reason}" if run.reason else ""
        return f"{run.job} #{run.id} was {run.state}{because}\nMore: jobrunner why {run.job}"
    return f"{run.job} #{run.id} has not started yet. Wait for it: jobrunner logs -f {run.id}"


def _gone(scene: Scene, run: Run, attempt: Attempt) -> str:
    kept = spelt(scene.config.settings.retention.logs)
    return (
        f"the output of {_told(run, attempt)} is gone; outputs are kept for {kept}"
        f" (settings.retention.logs) and below settings.retention.total_logs.\n"
        f"What the ledger knows of it: jobrunner history {run.job} --json"
    )


def _unsent(run: Run, attempt: Attempt) -> str:
    return (
        f"the output of {_told(run, attempt)} is not here: it ran on {attempt.host}, which has sent"
        f" nothing of it, or what it sent is no longer kept.\n"
        f"If its file is still there: jobrunner logs {run.id} on that host"
    )


def _told(run: Run, attempt: Attempt) -> str:
    return f"attempt {attempt.number} of {run.job} #{run.id}"

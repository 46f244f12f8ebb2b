"""What one attempt of a run wrote, as it was kept: head, what was cut, tail."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import fields

from jobrunner.config.quantity import spelt
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State
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
    """An output that is open: the file, how much was written, how much of it is kept."""

    file: int
    size: int
    limit: int

    @property
    def kept(self) -> int:
        return min(self.size, self.limit)

    def pieces(self) -> Iterator[bytes]:
        """What is kept, byte for byte, with a line for what was cut."""
        return output.shown(self.file, self.limit)

    def placed(self) -> Iterator[tuple[int | None, bytes]]:
        """The same, each piece with where it stands; None for the line that is ours."""
        return output.placed(self.file, self.limit)

    @property
    def length(self) -> int:
        """How many bytes all pieces are together, by what was written when it was opened."""
        parts = output.parted(self.size, self.limit)
        return parts.head + len(_remark(parts)) + parts.tail

    def part(self, first: int, until: int) -> Iterator[bytes]:
        """Those bytes of all pieces together that lie from one place to another."""
        parts = output.parted(self.size, self.limit)
        remark = _remark(parts)
        tail = parts.head + len(remark)
        # Where in the file what follows our line would begin, if the line were a part of it.
        moved = self.size - parts.tail - tail
        for _, piece in output.between(self.file, first, min(until, parts.head)):
            yield piece
        yield remark[max(0, first - parts.head) : max(0, until - parts.head)]
        for _, piece in output.between(self.file, max(first, tail) + moved, until + moved):
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
        parts = output.parted(end, self.limit)
        is_whole = not parts.cut or len(lines) <= parts.tail
        return (end - len(lines) if is_whole else None), lines


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
        yield Log(file=file, size=size, limit=_limit(attempt, scene.config.jobs.get(run.job)))
    finally:
        os.close(file)


def seen(scene: Scene, run: Run, attempt: Attempt) -> Seen | None:
    """When the byte at a place of the output was first seen; None if nobody ever looked."""
    return seen_by(sightings(scene, run, attempt), attempt)


def sightings(scene: Scene, run: Run, attempt: Attempt) -> sighting.Sightings:
    """The looks at the output while it was written."""
    path = scene.state.output_path(scene.state.output(run.id, attempt.number))
    return sighting.read(scene.state.sightings(path))


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


def _remark(parts: output.Parts) -> bytes:
    return output.remark(parts.cut) if parts.cut else b""


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


def _told(run: Run, attempt: Attempt) -> str:
    return f"attempt {attempt.number} of {run.job} #{run.id}"

"""The folder of `log_dir`: for each job and day a file of what its attempts wrote.

It is a copy for people and their tools: what cannot be written here is told, and keeps no run.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.crew import Ended
from jobrunner.engine.daylog import HEAD, append, path_of
from jobrunner.engine.post import Post
from jobrunner.engine.review import UNBLOTTED
from jobrunner.engine.state import State
from jobrunner.engine.stopping import NEVER
from jobrunner.model.run import Outcome
from jobrunner.process import output
from jobrunner.words import short

SHARE = 0.02  # seconds of a turn


class Entry(Struct, frozen=True):
    """An attempt that is to be written down, and where."""

    folder: str
    end: Ended

    @property
    def path(self) -> str:
        return path_of(self.folder, self.end.run.job, self._local(self._ended_at))

    @property
    def head(self) -> bytes:
        run, began = self.end.run, self._ended_at - (self.end.outcome.duration or timedelta())
        told = f"{_shown(self._local(began))} {run.job} #{run.id} attempt {run.attempts}"
        return HEAD + f"{told}\n".encode()

    @property
    def tail(self) -> bytes:
        outcome = self.end.outcome
        reason = f": {outcome.reason}" if outcome.reason else ""
        took = "" if outcome.duration is None else f" after {short(outcome.duration)}"
        told = f"{_shown(self._local(self._ended_at))} {outcome.state}{took}{reason}"
        return HEAD + f"{told}\n".encode("utf-8", "replace")

    @property
    def _ended_at(self) -> datetime:
        return self.end.outcome.finished_at

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.end.job.timezone.info)


class JobLog:
    """Writes attempts down one after the other, some at each turn."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._waiting: deque[Entry] = deque()
        self._writing: Iterator[None] | None = None

    def note(self, ends: Iterable[Ended]) -> None:
        """Have these attempts written down, if jobs.toml says where."""
        folder = self._post.config.settings.log_dir
        if folder:
            self._waiting += [Entry(folder, end) for end in ends]

    @property
    def is_behind(self) -> bool:
        return self._writing is not None or bool(self._waiting)

    def next_at(self) -> float:
        """When there is something to do, on the clock of durations."""
        return self._post.ground.clock.elapsed() if self.is_behind else NEVER

    def see_to(self, share: float = SHARE) -> None:
        """Write for so many seconds; the rest waits for the next turn."""
        clock = self._post.ground.clock
        until = clock.elapsed() + share
        while self.is_behind:
            self._step()
            if clock.elapsed() > until:
                return

    def finish(self) -> None:
        """Write all of it."""
        self.see_to(NEVER)

    def _step(self) -> None:
        if self._writing is None:
            entry = self._waiting.popleft()
            self._writing = append(entry.path, _pieces(entry, self._post.ground.state))
        try:
            next(self._writing)
        except StopIteration:
            self._writing = None
        except OSError as error:
            self._writing = None
            folder, told = self._post.config.settings.log_dir, error.strerror or error
            self._post.diary.error(f"log_dir: {folder} cannot be written to: {told}")


def _pieces(entry: Entry, state: State) -> Iterator[bytes]:
    yield entry.head
    last = b"\n"
    for piece in _output(entry, state):
        last = piece[-1:] or last
        yield piece
    yield (b"" if last == b"\n" else b"\n") + entry.tail


def _output(entry: Entry, state: State) -> Iterator[bytes]:
    """What is kept of what it wrote: head, what was cut, tail, without the secrets."""
    end = entry.end
    if not end.run.output or not end.outcome.output_size:
        return
    if UNBLOTTED in end.outcome.error:
        yield b"... %s ...\n" % UNBLOTTED.encode()
        return
    try:
        file = output.open_to_read(state.output_path(state.output(end.run.id, end.run.attempts)))
    except OSError:  # pruned, or put aside by somebody: the ledger knows no more either
        yield b"... the output is gone ...\n"
        return
    try:
        yield from output.shown(file, _limit(end.outcome, end.job.output_limit))
    finally:
        os.close(file)


def _limit(outcome: Outcome, limit: int) -> int:
    """How much of the output was kept."""
    size, cut = outcome.output_size or 0, outcome.output_cut or 0
    return size - cut if cut else max(size, limit)


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")

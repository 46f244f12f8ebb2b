"""One attempt while it runs: its process, its output, and what is to happen to it when."""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.ground import Ground
from jobrunner.engine.stopping import NEVER, Stopping
from jobrunner.model.job import Job
from jobrunner.model.run import Run
from jobrunner.process import cgroup, output, spool
from jobrunner.process.birth import Child
from jobrunner.process.launch import Launch
from jobrunner.process.output import Output
from jobrunner.process.reap import Usage, reap
from jobrunner.process.sighting import Witness
from jobrunner.process.spool import Spooled
from jobrunner.process.tree import Tree

# In the place of who stops it; no name has a NUL.
TIMEOUT = "\0timeout"
GIVEN_UP = "\0given up: "  # and why


class Left(Struct, frozen=True, kw_only=True):
    """What an ended attempt left behind for its judge.

    `survivors` are processes that could not be killed; `is_timed_out`, `stopped_by` and `given_up`
    say why it was stopped, if it was.
    """

    spooled: Spooled
    usage: Usage | None
    duration: timedelta
    output: Output
    survivors: int
    is_timed_out: bool = False
    stopped_by: str = ""
    given_up: str = ""
    finished_at: datetime


class Attempt:
    """One attempt that runs, started by us or found again."""

    def __init__(
        self,
        run: Run,
        job: Job,
        child: Child,
        ground: Ground,
        *,
        env: Mapping[str, str] | None = None,
        launched: Launch | None = None,
        elapsed: timedelta = timedelta(),
        is_ours: bool = True,
    ) -> None:
        """`env` is what it was started with, where that is known, and `elapsed` how long ago.

        `launched` is how we started it just now; its output becomes ours to close.
        One that is not ours to wait for has no usage to tell.
        """
        self.run = run
        self.job = job
        self.child = child
        self.env = env
        self.stopped_by = ""
        self.given_up = ""
        self.is_timed_out = False
        self.output = Output()
        self._ground = ground
        self._is_ours = is_ours
        self._began = ground.clock.elapsed() - elapsed.total_seconds()
        self._deadline = self._began + job.timeout.total_seconds() if job.timeout else NEVER
        self._stopping: Stopping | None = None
        self._spooled: Spooled = spool.Unfinished()
        path = ground.state.output_path(run.output)
        self._file = launched.output if launched else _open(path)
        is_found = elapsed > timedelta() or not is_ours
        self._witness = Witness(ground.state.sightings(path), self._began, is_late=is_found)
        self._cgroup = launched.cgroup if launched else ground.cgroup(run.id, run.attempts)

    @property
    def next_at(self) -> float:
        """When something is to happen to it next, on the clock of durations."""
        if self._stopping is None:
            return self._deadline
        return min(self._deadline, self._stopping.next_at)

    @property
    def pidfds(self) -> Sequence[int]:
        """What becomes readable when something is to happen before that."""
        return self._stopping.pidfds if self._stopping else ()

    @property
    def is_stopping(self) -> bool:
        return self._stopping is not None and self._stopping.is_asked

    def look(self) -> None:
        """Bound its output."""
        if self._file is None:
            return
        with suppress(OSError):  # its disk is in trouble: perhaps not for long
            self.output = output.look(self._file, self.job.output_limit, self.output)
            self._witness.note(self.output.size, self._clock)

    def stop(self, by: str) -> None:
        """Have it asked to end; it is killed when its grace is over."""
        if not self.is_stopping:
            self.stopped_by = by
            self._note(by)
            self._end().ask()

    def kill(self) -> None:
        """Let its grace be over."""
        self._end().force()

    def give_up(self, why: str) -> None:
        """Have it killed at once: others may begin it anew.  It is lost, or they end it."""
        if not self.given_up:
            self.given_up = why
            self._note(f"{GIVEN_UP}{why}")
            self._end().ask()
            self.kill()

    def on_time(self) -> int:
        """Do a little of what is due; how many processes are found to survive it."""
        if self._clock.elapsed() >= self._deadline:
            self._deadline = NEVER
            self.is_timed_out = True
            self._note(TIMEOUT)
            self._end().ask()
        return self._stopping.step() if self._stopping else 0

    def is_over(self) -> bool:
        """Whether there is nothing to wait for, now that its keeper has ended.

        What is being stopped has its whole grace, the children of a shell that ended at once too.
        It is swept in the end, and so is what a keeper was to see to that ended without a word.
        """
        self._spooled = spool.read(self._ground.state.spool(self.run.id, self.run.attempts))
        if not self.is_stopping and isinstance(self._spooled, spool.Code | spool.Refused):
            return True
        self._end().desert()
        return self._end().survivors is not None

    def close(self) -> Left:
        """What it left, once it is over."""
        survivors = self._stopping.survivors if self._stopping else None
        self.look()
        self._witness.end(self._clock)
        if self._file is not None:
            os.close(self._file)
        if self._cgroup:
            cgroup.remove(self._cgroup)
        return Left(
            spooled=self._spooled,
            usage=self._reap(),
            duration=timedelta(seconds=self._clock.elapsed() - self._began),
            output=self.output,
            survivors=survivors or 0,
            is_timed_out=self.is_timed_out,
            stopped_by=self.stopped_by,
            given_up=self.given_up,
            finished_at=self._clock.now(),
        )

    @property
    def _clock(self) -> Clock:
        return self._ground.clock

    def _end(self) -> Stopping:
        """Its way to its end, which most go by themselves."""
        if self._stopping is None:
            run, ground = self.run, self._ground
            marker = ground.marker(run.id, run.attempts)
            tree = Tree(keeper=self.child.birth, marker=marker, cgroup=self._cgroup)
            number = signal.Signals[f"SIG{self.job.stop_signal}"]
            grace = self.job.kill_after.total_seconds()
            self._stopping = Stopping(tree, ground.clock, number, grace)
        return self._stopping

    def _note(self, by: str) -> None:
        """Have the next supervisor know, should this one be killed now."""
        path = Path(self._ground.state.stop_note(self.run.id, self.run.attempts))
        with suppress(OSError):
            path.write_text(by)

    def _reap(self) -> Usage | None:
        if not self._is_ours:
            self.child.close()
            return None
        return reap(self.child)


def noted_stop(run: int, attempt: int, ground: Ground) -> str:
    """Who was stopping it; TIMEOUT or GIVEN_UP if that was nobody, and '' if it was let run."""
    try:
        return Path(ground.state.stop_note(run, attempt)).read_text(errors="replace")
    except OSError:
        return ""


def forget(run: int, attempt: int, ground: Ground) -> None:
    """Remove what was kept for an attempt's end, which is in the ledger now.

    What cannot be removed is in nobody's way, and is swept when the ledger is pruned.
    """
    state, stock = ground.state, ground.stock
    with suppress(OSError):
        stock.keep_spool(state.spool(run, attempt))
    with suppress(OSError):
        stock.keep_result(state.result(run, attempt))
    with suppress(OSError):
        os.unlink(state.stop_note(run, attempt))  # noqa: PTH108 - a thousand ends a minute
    if group := ground.cgroup(run, attempt):
        cgroup.remove(group)


def ended_at(run: int, attempt: int, ground: Ground) -> datetime | None:
    """When the code was stored, by the clock of the disk; None if no spool is there."""
    try:
        found = os.stat(ground.state.spool(run, attempt))  # noqa: PTH116 - see above
    except OSError:
        return None
    return datetime.fromtimestamp(found.st_mtime, tz=ground.clock.now().tzinfo)


def _open(path: str) -> int | None:
    """The output as we look at it; None if it is gone, and then nothing can be bounded."""
    try:
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None

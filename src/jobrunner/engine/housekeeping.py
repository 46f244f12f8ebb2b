"""What a supervisor does for the ledger and the disk when it has time."""

import os
from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import datetime, timedelta

from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.engine.upkeep import Swept, in_steps
from jobrunner.errors import JobrunnerError
from jobrunner.process.memory import give_back
from jobrunner.store.value import Pruned

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(seconds=90)  # between two ticks of one stretch
CHECKPOINT = timedelta(minutes=1)
SETTLED = timedelta(seconds=2)  # after starts, ours too: they need more memory than what follows
PRUNE = timedelta(hours=6)
DAY = timedelta(days=1)  # the longest that a job which never ends keeps the rest from it


class Housekeeping:
    """Brings the ledger to its lasting place, and bounds what is kept."""

    def __init__(self, post: Post, *, is_ticker: bool) -> None:
        """`is_ticker`: nobody else notes that the clock is looked at."""
        self._post = post
        self._tick_at = post.now() if is_ticker else None
        self._checkpoint_at = post.now() + CHECKPOINT
        self._given_back_at = post.now()
        self._memory_at = post.now() + SETTLED
        self._prune_at = post.now()
        self._pruning: Generator[Pruned, None, Swept] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is in the middle of something, and wants to go on soon."""
        return self._pruning is not None

    def note_tick(self) -> None:
        """Note each minute that somebody looks at the clock."""
        now = self._post.now()
        if self._tick_at is not None and _is_due(self._tick_at, MINUTE, now):
            self._post.store.note_tick(self._post.ground.host, now, LONGEST)
            self._tick_at = now + MINUTE

    def note_starts(self) -> None:
        """Have memory given back when no more attempts begin, or after a minute."""
        self._memory_at = min(self._post.now() + SETTLED, self._given_back_at + CHECKPOINT)

    def see_to(self, *, is_idle: bool, has_duty: Callable[[], bool] = lambda: True) -> None:
        """Do what is due; what takes a moment is for when nothing waits, and for once a day.

        `has_duty` says whether it is this host that prunes the rows of all of them.
        """
        now = self._post.now()
        if _is_due(self._checkpoint_at, CHECKPOINT, now):
            self._checkpoint_at = now + CHECKPOINT
            self._post.store.checkpoint()
        if _is_due(self._memory_at, CHECKPOINT, now):
            self._given_back_at, self._memory_at = now, now + CHECKPOINT
            give_back()
        rest = PRUNE if is_idle else DAY
        is_due = not self.is_busy and _is_due(self._prune_at, PRUNE, now)
        if is_due and now >= self._pruned_at() + rest:
            self._prune_at = now + PRUNE
            self._pruning = self._begin(now, has_rows=has_duty())
        if self._pruning is not None and self._is_done(self._pruning):
            self._pruning = None
            self._note_pruning()
            if is_idle:  # what is just being started has not joined its own yet
                self._post.ground.remove_cgroups()

    def on_leaving(self) -> None:
        """The last of it; what is not pruned by now is left to who comes next."""
        self._pruning = None
        self._post.store.checkpoint()

    @property
    def _note(self) -> str:
        return f"{self._post.ground.state.folder}/run/pruned"

    def _pruned_at(self) -> datetime:
        now = self._post.now()
        try:
            seconds = os.stat(self._note).st_mtime  # noqa: PTH116 - paths are strings here
        except OSError:
            return now - DAY
        # A clock that was ahead must not keep the ledger from being pruned.
        return min(datetime.fromtimestamp(seconds, tz=now.tzinfo), now)

    def _begin(self, now: datetime, *, has_rows: bool) -> Generator[Pruned, None, Swept]:
        post, ground = self._post, self._post.ground
        return in_steps(post.store, ground.state, post.config, now, ground.clock, has_rows=has_rows)

    def _is_done(self, pruning: Generator[Pruned, None, Swept]) -> bool:
        """Prune a little: as long as a step lasts nothing else is seen to."""
        try:
            next(pruning)
        except StopIteration as end:
            self._post.diary.info(f"pruned: {end.value}", About(event="prune"))
        except (JobrunnerError, OSError) as error:
            self._post.diary.error(f"not pruned: {error}", About(event="prune"))
        else:
            return False
        return True

    def _note_pruning(self) -> None:
        with suppress(OSError):  # then it is pruned again, which harms nobody
            os.close(os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            os.utime(self._note)


def _is_due(at: datetime, interval: timedelta, now: datetime) -> bool:
    """Whether `at` has come, or is so far off that a wrong clock must have set it."""
    return not now < at <= now + interval

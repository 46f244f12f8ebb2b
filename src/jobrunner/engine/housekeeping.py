"""What a supervisor does for the ledger and the disk when it has time."""

import os
from contextlib import suppress
from datetime import datetime, timedelta

from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.engine.upkeep import prune
from jobrunner.errors import JobrunnerError

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(seconds=90)  # between two ticks of one stretch
CHECKPOINT = timedelta(minutes=1)
PRUNE = timedelta(hours=6)
DAY = timedelta(days=1)  # the longest that a job which never ends keeps the rest from it


class Housekeeping:
    """Brings the ledger to its lasting place, and bounds what is kept."""

    def __init__(self, post: Post, *, is_ticker: bool) -> None:
        """`is_ticker`: nobody else notes that the clock is looked at."""
        self._post = post
        self._tick_at = post.now() if is_ticker else None
        self._checkpoint_at = post.now() + CHECKPOINT
        self._prune_at = post.now()

    def note_tick(self) -> None:
        """Note each minute that somebody looks at the clock."""
        now = self._post.now()
        if self._tick_at is not None and _is_due(self._tick_at, MINUTE, now):
            self._post.store.note_tick(self._post.ground.host, now, LONGEST)
            self._tick_at = now + MINUTE

    def see_to(self, *, is_idle: bool) -> None:
        """Do what is due; what takes a moment is for when nothing waits, and for once a day."""
        now = self._post.now()
        if _is_due(self._checkpoint_at, CHECKPOINT, now):
            self._checkpoint_at = now + CHECKPOINT
            self._post.store.checkpoint()
        rest = PRUNE if is_idle else DAY
        if _is_due(self._prune_at, PRUNE, now) and now >= self._pruned_at() + rest:
            self._prune_at = now + PRUNE
            self._prune(now)
            if is_idle:  # what is just being started has not joined its own yet
                self._post.ground.remove_cgroups()

    def on_leaving(self) -> None:
        """The last of it."""
        self.see_to(is_idle=True)
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

    def _prune(self, now: datetime) -> None:
        post = self._post
        try:
            told = prune(post.store, post.ground.state, post.config, now, post.ground.clock)
        except (JobrunnerError, OSError) as error:
            post.diary.error(f"not pruned: {error}", About(event="prune"))
        else:
            post.diary.info(f"pruned: {told}", About(event="prune"))
        with suppress(OSError):  # then it is pruned again, which harms nobody
            os.close(os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            os.utime(self._note)


def _is_due(at: datetime, interval: timedelta, now: datetime) -> bool:
    """Whether `at` has come, or is so far off that a wrong clock must have set it."""
    return not now < at <= now + interval

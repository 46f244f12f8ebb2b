"""What a supervisor does for the ledger and the disk when it has time."""

import os
from datetime import datetime, timedelta

from jobrunner.engine.post import Post
from jobrunner.engine.upkeep import prune
from jobrunner.errors import JobrunnerError

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(seconds=90)  # between two ticks of one stretch
CHECKPOINT = timedelta(minutes=1)
PRUNE = timedelta(hours=6)


class Housekeeping:
    """Brings the ledger to its lasting place, and bounds what is kept."""

    def __init__(self, post: Post, *, is_ticker: bool) -> None:
        """`is_ticker`: nobody else notes that the clock is looked at."""
        self._post = post
        self._tick_at = post.now() if is_ticker else None
        self._checkpoint_at = post.now() + CHECKPOINT

    def note_tick(self) -> None:
        """Note each minute that somebody looks at the clock."""
        now = self._post.now()
        if self._tick_at is not None and not now < self._tick_at <= now + MINUTE:
            self._tick_at = now + MINUTE
            self._post.store.note_tick(self._post.ground.host, now, LONGEST)

    def when_idle(self) -> None:
        """What is due: it may take a moment, so it is for when nothing waits."""
        now = self._post.now()
        if now >= self._checkpoint_at:
            self._checkpoint_at = now + CHECKPOINT
            self._post.store.checkpoint()
        if now >= self._pruned_at() + PRUNE:
            self._prune(now)

    def on_leaving(self) -> None:
        """The last of it."""
        self.when_idle()
        self._post.store.checkpoint()

    @property
    def _note(self) -> str:
        return f"{self._post.ground.state.folder}/run/pruned"

    def _pruned_at(self) -> datetime:
        now = self._post.now()
        try:
            seconds = os.stat(self._note).st_mtime  # noqa: PTH116 - paths are strings here
        except OSError:
            return now - PRUNE
        # A clock that was ahead must not keep the ledger from being pruned.
        return min(datetime.fromtimestamp(seconds, tz=now.tzinfo), now)

    def _prune(self, now: datetime) -> None:
        post = self._post
        try:
            told = prune(post.store, post.ground.state, post.config, now, post.ground.clock)
        except JobrunnerError as error:
            post.diary.error(f"not pruned: {error}")
        else:
            post.diary.info(f"pruned: {told}")
        os.close(os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        os.utime(self._note)

"""Attempts that run, and when each is to be called slow: before it ends, for it may not."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.model.run import Run


class Limit(Struct, frozen=True):
    """How long an attempt may take before that is told; `is_usual`: by what is usual."""

    length: timedelta
    is_usual: bool = False


class Lateness:
    """What is not told yet, and what is, of the attempts of one supervisor.

    One that an earlier supervisor has started is not known here: it is told of when it ends.
    """

    def __init__(self) -> None:
        self._due: dict[tuple[int, int], tuple[datetime, Run, Limit]] = {}
        self._told: set[tuple[int, int]] = set()

    def watch(self, run: Run, limit: Limit, now: datetime) -> None:
        """Have an attempt that begins now told when it takes too long."""
        self._due[run.id, run.attempts] = (now + limit.length, run, limit)

    def next_at(self) -> datetime | None:
        return min((at for at, _, _ in self._due.values()), default=None)

    def over(self, now: datetime) -> Iterator[tuple[Run, Limit]]:
        """Those that take too long by now and are not told yet; each is, once the next is asked."""
        for key, (at, run, limit) in [*self._due.items()]:
            if at <= now:
                yield run, limit
                del self._due[key]
                self._told.add(key)

    def ended(self, run: Run) -> bool:
        """Whether it was told of the attempt that it is slow; it is over now."""
        key = (run.id, run.attempts)
        self._due.pop(key, None)
        was_told = key in self._told
        self._told.discard(key)
        return was_told

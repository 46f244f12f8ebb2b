"""Values for tests: a job, a run, a clock that stands still until it is told to move."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from jobrunner.model.job import Job
from jobrunner.model.run import Run, State, Trigger
from jobrunner.model.value import Zone

UTC_ZONE = Zone("UTC", UTC)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_job(**changes: Any) -> Job:
    return Job(**({"name": "backup", "command": "true", "timezone": UTC_ZONE} | changes))


def make_run(**changes: Any) -> Run:
    run = {
        "id": 1,
        "job": "backup",
        "scheduled_for": NOON,
        "trigger": Trigger.SCHEDULE,
        "state": State.QUEUED,
        "created_at": NOON,
    }
    return Run(**(run | changes))


class FakeClock:
    """A clock that shows what the test says."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def elapsed(self) -> float:
        return self._elapsed

    def advance(self, by: timedelta) -> None:
        self._now += by
        self._elapsed += by.total_seconds()

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))


@contextmanager
def no_room() -> Iterator[None]:
    """Nothing can be written, much as on a full disk: "File too large"."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

"""What the rules look at, and what they say."""

from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.model.job import Job


class Subject(Struct, frozen=True, kw_only=True):
    """A job with what follows from it: its slots, the pauses of its retries, what it usually takes.

    `gap` is the shortest time between two of its next slots, None for fewer than two; `usual` is
    None for a job that was never measured.  `change` is what the next change of clocks does to it.
    `labels` are those that the file speaks of, of this host and of all jobs.
    """

    job: Job
    now: datetime
    has_schedule: bool
    next_at: datetime | None = None
    gap: timedelta | None = None
    pauses: timedelta = timedelta()
    usual: timedelta | None = None
    change: str = ""
    labels: frozenset[str] = frozenset()


class Advice(Struct, frozen=True, kw_only=True):
    """What one rule has to say about one job, or about all of them; `key` is where it stands."""

    code: str
    job: str = ""
    key: str = ""
    message: str
    fix: str

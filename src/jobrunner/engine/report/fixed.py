"""What follows from a job alone, found out once: its fingerprint, its schedule in words."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from jobrunner.engine.report.spelling import command_of
from jobrunner.model.job import Job
from jobrunner.schedule import identity
from jobrunner.schedule.compose import compose

Found = TypeVar("Found")
SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
MOST = 20_000  # jobs that are remembered


def once_a_job(find: Callable[[Job], Found]) -> Callable[[Job], Found]:
    """Remember what is found of a job while it is the same object, as it is until a file changes.

    A job cannot be hashed, and telling two apart costs as much as finding out.
    """
    known: dict[str, tuple[Job, Found]] = {}

    def found(job: Job) -> Found:
        kept = known.get(job.name)
        if kept is None or kept[0] is not job:
            if len(known) >= MOST:
                known.clear()
            kept = known[job.name] = (job, find(job))
        return kept[1]

    return found


fingerprint = once_a_job(identity.fingerprint)


@once_a_job
def haystack(job: Job) -> str:
    """All of a job that is looked through for a word, but for its status."""
    parts = (job.name, *job.tags, job.description, command_of(job) or "")
    return "\n".join(parts).casefold()


def schedule_text(job: Job, now: datetime) -> str:
    """The schedule in words; one that counts from when a tick first saw the job, anew each time."""
    has_every = job.every or job.initial_delay or any(each.every for each in job.schedules)
    return compose(job, now).describe() if has_every else _words(job)


@once_a_job
def _words(job: Job) -> str:
    return compose(job, SOME_TIME).describe()

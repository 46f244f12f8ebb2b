"""A run that waits: for its time, for a place, for another run to end."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from jobrunner.model.job import Job
from jobrunner.model.run import Run, Trigger

Overlap = Literal["skip", "queue", "allow", "replace"]


class Waiting(Struct, frozen=True, kw_only=True):
    """A run whose next attempt has not begun.

    `overlap` is what holds for this run: what was asked for, else the job's.  `ready_at` is its
    slot with the jitter, the time of its next attempt, or when somebody asked for it (`asked`).
    """

    run: Run
    job: Job
    overlap: Overlap
    ready_at: datetime
    asked: bool = False

    @property
    def has_begun(self) -> bool:
        """Whether this is a further attempt: it holds its job already, and cannot be skipped."""
        return self.run.attempts > 0

    @property
    def gives_up_at(self) -> datetime | None:
        """When it has waited enough; a slot that is seen late has not waited before it was seen."""
        if self.job.queue_timeout is None:
            return None
        return max(self.ready_at, self.run.created_at) + self.job.queue_timeout

    @property
    def is_of_the_past(self) -> bool:
        """Whether it is one of many slots that somebody runs again: it waits for its turn."""
        return self.run.trigger is Trigger.BACKFILL

    @property
    def is_made_up_for(self) -> bool:
        """Whether every slot of its job is to run, late or not."""
        return self.job.catch_up == "all" and not self.asked

    def met(self, since: datetime) -> bool:
        """Whether what was there from `since` on was there when this run came due.

        Slots that are made up for are judged as if somebody had looked in time: they wait for
        one another, and are in the way of one another no more than they would have been then.
        """
        if self.is_of_the_past:
            return False
        return since < self.ready_at if self.is_made_up_for else True

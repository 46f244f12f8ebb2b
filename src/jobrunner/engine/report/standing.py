"""How all jobs stand, their past aside: asked once for everything that a page tells."""

from datetime import datetime

from jobrunner.engine.agenda import wherever
from jobrunner.engine.report.facts import Facts, most_telling
from jobrunner.engine.report.fixed import fingerprint
from jobrunner.model.job import Job
from jobrunner.store.base import Store
from jobrunner.store.value import EVERY_JOB, Mark


class Standing(Facts, frozen=True, kw_only=True):
    """What the ledger says of jobs now; those that a pause holds are `held`, or all of them."""

    at: datetime
    held: frozenset[str]

    def holds(self, job: str) -> bool:
        return job in self.held or EVERY_JOB in self.held

    def mark_of(self, job: Job) -> Mark | None:
        """What the last look at the job found, if it has the same schedule still."""
        mark = self.marks.get((job.name, ""))
        return mark if mark and mark.schedule == fingerprint(job) else None


def standing(store: Store, now: datetime) -> Standing:
    live, health = store.live(), store.health()
    return Standing(
        at=now,
        marks=wherever(store.marks()),
        live=live,
        current=most_telling(live),
        health=health,
        breakers=store.breakers(),
        held=frozenset(name for name, one in health.items() if one.pause and one.pause.holds(now)),
    )

"""What would be due otherwise if another text took the place of jobs.toml."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.draft.change import JobChange, job_changes
from jobrunner.engine.draft.site import Site, text_of
from jobrunner.engine.draft.slot import coming
from jobrunner.engine.draft.trial import Draft, preview
from jobrunner.model.job import Job
from jobrunner.schedule.compose import compose

MOST = 100_000  # slots of a job that are looked at


class Outlook(Struct, frozen=True, kw_only=True):
    """One job that would be another: which slots of the time ahead would come, and which go."""

    change: JobChange
    gained: Sequence[datetime]
    lost: Sequence[datetime]
    kept: int


class Forecast(Struct, frozen=True, kw_only=True):
    """The change as a whole, and what it means until some time."""

    draft: Draft
    until: datetime
    jobs: Sequence[Outlook]


def forecast(site: Site, text: str, now: datetime, span: timedelta) -> Forecast:
    """Judge another text of the main file; one with errors is refused as an edit would be."""
    draft = preview(site.trial(site.main), text_of(site.main, site.uid), lambda _: text)
    until = now + span
    jobs = [_outlook(change, now, until) for change in job_changes(draft)]
    return Forecast(draft=draft, until=until, jobs=jobs)


def _outlook(change: JobChange, now: datetime, until: datetime) -> Outlook:
    before = [*_slots(change.old, now, until)]
    after = [*_slots(change.new, now, until)]
    kept = {*before} & {*after}
    return Outlook(
        change=change,
        gained=[slot for slot in after if slot not in kept],
        lost=[slot for slot in before if slot not in kept],
        kept=len(kept),
    )


def _slots(job: Job | None, now: datetime, until: datetime) -> Iterator[datetime]:
    """As far as the file alone can tell them."""
    if job is None or not coming(job, now):
        return
    schedule = compose(job, now)
    slot = schedule.next_after(now)
    for _ in range(MOST):
        if slot is None or slot > until:
            return
        yield slot
        slot = schedule.next_after(slot)

"""Which jobs somebody looks for, and those that need somebody first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from jobrunner.engine.agenda import has_own_schedule
from jobrunner.engine.report.fixed import haystack
from jobrunner.engine.report.overview import status_of
from jobrunner.engine.report.standing import Standing
from jobrunner.model.job import Job
from jobrunner.model.run import State
from jobrunner.store.base import Store
from jobrunner.store.value import Health

Sees = Callable[[str], bool]
WELL = Health()


def visible(jobs: Iterable[Job], sees: Sees | None) -> list[Job]:
    """Those that may be seen, by who may see some alone."""
    return [job for job in jobs if sees is None or sees(job.name)]


def found(store: Store, jobs: Sequence[Job], q: str, known: Standing, now: datetime) -> list[Job]:
    """The jobs that have each of these words anywhere, those first that need somebody.

    How their last runs ended is asked only where it matters.
    """
    words = q.casefold().split()
    wanted = list(jobs)
    if words:
        briefs = store.briefs([job.name for job in jobs], 1)
        last = {job: runs[0].state for job, runs in briefs.items()}
        texts = [f"{haystack(job)}\n{_status(job, last, known, now)}" for job in jobs]
        wanted = [
            job for job, text in zip(jobs, texts, strict=True) if all(w in text for w in words)
        ]
    return sorted(wanted, key=lambda job: _rank(job, known))


def _status(job: Job, last: Mapping[str, State], known: Standing, now: datetime) -> str:
    current = known.current.get(job.name)
    state = current.state if current else last.get(job.name)
    return status_of(
        job, state, now, is_held=known.holds(job.name), has_next=_may_have_next(job, known)
    )


def _may_have_next(job: Job, known: Standing) -> bool:
    """Whether a slot is to come, for all that the last look at the job found."""
    mark = known.mark_of(job)
    return mark is None or mark.next_at is not None


def _rank(job: Job, known: Standing) -> tuple[int, int]:
    """Those that fail, the longest first; that run; all others; have ended; are held; disabled."""
    is_live = job.name in known.current
    if not job.enabled:
        return (1 if is_live else 5), 0
    is_held = known.holds(job.name)
    failures = known.health.get(job.name, WELL).failures
    if failures and not is_held:
        return 0, -failures
    if is_live:
        return 1, 0
    if is_held:
        return 4, 0
    has_ended = has_own_schedule(job) and not _may_have_next(job, known)
    return (3 if has_ended else 2), 0

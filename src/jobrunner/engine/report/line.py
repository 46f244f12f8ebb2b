"""Jobs as the rows of a page: how each is, its last runs as a strip, what it usually takes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import asdict, replace

from jobrunner.engine.report.fixed import schedule_text
from jobrunner.engine.report.overview import RECENT, Entry, entry
from jobrunner.engine.report.standing import Standing
from jobrunner.model.job import Job
from jobrunner.store.base import Store
from jobrunner.store.value import Brief, Usual

STRIP = 30
MEASURED = timedelta(days=30)


class Line(Entry, frozen=True, kw_only=True):
    """One job, its last runs, oldest first, and what a success of the last month takes."""

    strip: tuple[Brief, ...]
    p50_seconds: float | None
    p95_seconds: float | None


class Lines(Struct, frozen=True, kw_only=True):
    """One page of the jobs, of which `total` are found."""

    total: int
    jobs: tuple[Line, ...]


def see_lines(
    store: Store, jobs: Sequence[Job], known: Standing, now: datetime, *, page: int, at_once: int
) -> Lines:
    """One page of these jobs, counted from 1."""
    first = max(0, page - 1) * at_once
    shown = jobs[first : first + at_once]
    names = [job.name for job in shown]
    usual = store.usual(names, now - MEASURED, now)
    known = replace(known, latest=store.latest(names))
    briefs = store.briefs(names, STRIP)
    lines = (_line(job, briefs.get(job.name, ()), usual.get(job.name), known, now) for job in shown)
    return Lines(total=len(jobs), jobs=tuple(lines))


def _line(
    job: Job, briefs: Iterable[Brief], usual: Usual | None, known: Standing, now: datetime
) -> Line:
    strip = tuple(briefs)[::-1]
    told = asdict(entry(job, known, now, words=False)) | {
        "schedule_text": schedule_text(job, now),
        "recent": tuple(brief.state for brief in strip[-RECENT:]),
    }
    return Line(
        **told,
        strip=strip,
        p50_seconds=usual.p50.total_seconds() if usual else None,
        p95_seconds=usual.p95.total_seconds() if usual else None,
    )

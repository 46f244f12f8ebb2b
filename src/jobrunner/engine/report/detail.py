"""One job in full: what `show` shows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, asdict, fields

from jobrunner.engine.agenda import schedule_of
from jobrunner.engine.report import words
from jobrunner.engine.report.clockchange import clock_change
from jobrunner.engine.report.facts import Facts, Ran, ran
from jobrunner.engine.report.origin import Origin
from jobrunner.engine.report.overview import Entry, entry
from jobrunner.engine.report.spelling import plain
from jobrunner.model.job import Job
from jobrunner.model.run import State
from jobrunner.schedule.compose import compose
from jobrunner.schedule.identity import fingerprint
from jobrunner.schedule.walk import step
from jobrunner.store.value import Statistics

COMING = 4
SHOWN_RUNS = 5
DAYS = 30
NO_KEYS = frozenset({"name", "origin"})
# What the file, or the host, decides where nothing is written.
ALWAYS_SET = frozenset({"cwd", "timezone"})


class Setting(Struct, frozen=True, kw_only=True):
    """A key that is not as it is built in, and where it is set."""

    key: str
    value: Any
    source: str
    from_defaults: bool


class Detail(Entry, frozen=True, kw_only=True):
    """One job: what the overview tells of it, and all else.

    `last_runs` are newest first.  The usual times are those of the successes of the last days.
    """

    docs: str
    upcoming: tuple[datetime, ...]
    clock_change: str
    shell_text: str
    runs_as: str
    limits_text: str
    retries_text: str
    backoff: str
    overlap_text: str
    alerts_text: str
    breaker_text: str
    last_runs: tuple[Ran, ...]
    p50_seconds: float | None
    p95_seconds: float | None
    successes: int
    settings: tuple[Setting, ...]


def detail(
    job: Job, known: Facts, figures: Sequence[Statistics], where: Origin, now: datetime
) -> Detail:
    """Everything about one job; `figures` are of the last days, of this job if it ran."""
    line = asdict(entry(job, known, now, words=True)) | {"source": str(where)}
    figure = figures[0] if figures else None
    zone = job.timezone.info
    runs = known.latest.get(job.name, [])[:SHOWN_RUNS]
    return Detail(
        **line,
        docs=job.docs,
        upcoming=tuple(slot.astimezone(zone) for slot in islice(_slots(job, known, now), COMING)),
        clock_change=clock_change(job, now),
        shell_text=words.shell_of(job),
        runs_as=words.runs_as(job),
        limits_text=words.limits(job),
        retries_text=words.retries(job.retry),
        backoff=job.retry.backoff,
        overlap_text=words.overlap(job),
        alerts_text=words.alerts(job),
        breaker_text=words.breaker(job.breaker) if job.breaker else "",
        last_runs=tuple(ran(run, zone) for run in runs),
        p50_seconds=figure.p50.total_seconds() if figure and figure.p50 is not None else None,
        p95_seconds=figure.p95.total_seconds() if figure and figure.p95 is not None else None,
        successes=figure.slots.get(State.SUCCESS, 0) if figure else 0,
        settings=tuple(_settings(job, where)),
    )


def _slots(job: Job, known: Facts, now: datetime) -> Iterator[datetime]:
    """The slots to come, as the next look at the job counts them."""
    if not job.enabled:
        return
    mark = known.marks.get((job.name, ""))
    is_same = mark is not None and mark.schedule == fingerprint(job)
    schedule = schedule_of(job, mark) if mark and is_same else compose(job, now)
    slot = step(schedule, now, ahead=True)
    while slot is not None:
        yield slot
        slot = step(schedule, slot, ahead=True)


def _settings(job: Job, where: Origin) -> Iterator[Setting]:
    """Every key that is set to something else than what is built in, tables key by key."""
    for field in fields(job):
        value = getattr(job, field.name)
        if field.name in NO_KEYS or value == _built_in(field):
            continue
        told = plain(value, field.name)
        if not isinstance(told, dict):
            yield from _setting(field.name, told, where)
        for name, one in told.items() if isinstance(told, dict) else ():
            yield from _setting(f"{field.name}.{name}", one, where)


def _built_in(field: FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def _setting(key: str, value: Any, where: Origin) -> Iterator[Setting]:
    spot = where.keys.get(key) or where.keys.get(key.partition(".")[0])
    if not spot and key in ALWAYS_SET and where.keys:
        return
    yield Setting(
        key=key,
        value=value,
        source=f"{where.file}:{spot.line}" if spot else where.file,
        from_defaults=bool(spot and spot.is_default),
    )

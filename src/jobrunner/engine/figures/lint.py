"""What is allowed in jobs.toml and seldom meant, with the line at which it stands."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from jobrunner.engine.agenda import has_own_schedule, wherever
from jobrunner.engine.figures.load import (
    crowds,
    look_ahead,
    schedules_of,
    starting,
    usual_times,
)
from jobrunner.engine.report.clockchange import clock_change
from jobrunner.engine.report.origin import Origin, origins
from jobrunner.engine.report.words import delays
from jobrunner.engine.scene import ledger_if_any, location_of
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker
from jobrunner.model.job import Job
from jobrunner.model.schedule import Schedule
from jobrunner.model.settings import Config
from jobrunner.model.value import Zone
from jobrunner.policy.crowd import gap
from jobrunner.policy.lint.code import CODES
from jobrunner.policy.lint.course import crowd
from jobrunner.policy.lint.rule import advise
from jobrunner.policy.lint.subject import Advice, Subject
from jobrunner.store.value import Mark

YEAR = timedelta(days=366)
DAY = timedelta(days=1)
# So many slots of a job tell how close they come.
LOOKED_AT = 100
# Nobody waits for more retries than that.
MOST_DELAYS = 100
SHOWN_CROWDS = 3

Marks = Mapping[tuple[str, str], Mark]


class Finding(Struct, frozen=True, kw_only=True):
    """One piece of advice; `job` is empty if it is about several, `line` 0 if that is not known."""

    code: str
    title: str
    job: str
    message: str
    fix: str
    file: str
    line: int


class Past(Struct, frozen=True, kw_only=True):
    """What the ledger adds: how far jobs were looked at, and what they usually take."""

    marks: Marks = {}
    usual: Mapping[str, float] = {}


def see_lint(config: Config, asker: Asker, now: datetime, zone: Zone) -> list[Finding]:
    """Everything that the rules say, by code; as far as it can be known without a ledger."""
    past = _past(config, asker, now)
    schedules = schedules_of(config.jobs.values(), past.marks, now)
    labels = frozenset(config.settings.labels).union(*(job.labels for job in config.jobs.values()))
    subjects = [
        _subject(job, schedules[name], past, now, labels) for name, job in config.jobs.items()
    ]
    found = [*advise(subjects), *_crowds(config.jobs, schedules, past, now, zone)]
    places = origins(config.jobs.values(), Disk(asker.uid))
    told = [_finding(advice, places, config.origin) for advice in found]
    told += [_of_note(note, config.origin) for note in config.notes]
    return sorted(told, key=lambda finding: finding.code)


def _past(config: Config, asker: Asker, now: datetime) -> Past:
    """What a ledger says that is there and can be read: none is made for this."""
    try:
        with ledger_if_any(location_of(config, asker)) as store:
            if store is None:
                return Past()
            return Past(marks=wherever(store.marks()), usual=usual_times(store, now))
    except JobrunnerError:
        return Past()


def _subject(
    job: Job, schedule: Schedule, past: Past, now: datetime, labels: frozenset[str]
) -> Subject:
    next_at = schedule.next_after(now)
    usual = past.usual.get(job.name)
    rule = job.retry
    pauses = islice(delays(rule), min(rule.attempts, MOST_DELAYS))
    return Subject(
        job=job,
        now=now,
        has_schedule=has_own_schedule(job),
        next_at=next_at,
        gap=_gap(schedule, now) if job.enabled else None,
        pauses=sum(pauses, timedelta()),
        usual=timedelta(seconds=usual) if usual is not None else None,
        change=clock_change(job, now),
        labels=labels,
    )


def _gap(schedule: Schedule, now: datetime) -> timedelta | None:
    slots = islice(schedule.between(now, now + YEAR), LOOKED_AT)
    shortest = gap(slot.timestamp() for slot in slots)
    return None if shortest is None else timedelta(seconds=shortest)


def _crowds(
    jobs: Mapping[str, Job],
    schedules: Mapping[str, Schedule],
    past: Past,
    now: datetime,
    zone: Zone,
) -> Iterator[Advice]:
    """The minutes of the next day in which many jobs start."""
    planned = {name: schedules[name] for name, job in jobs.items() if job.enabled}
    ahead = look_ahead(jobs, planned, past.usual, now, DAY)
    for one in crowds(starting(ahead.runs), zone.info)[:SHOWN_CROWDS]:
        yield crowd(one.minute, one.jobs, one.quieter, one.quieter_starts)


def _finding(advice: Advice, places: Mapping[str, Origin], file: str) -> Finding:
    place = places.get(advice.job, Origin(file=file))
    return Finding(
        code=advice.code,
        title=CODES[advice.code].title,
        job=advice.job,
        message=advice.message,
        fix=advice.fix,
        file=place.file,
        line=_line(advice.key, place),
    )


def _line(key: str, place: Origin) -> int:
    """The line of the key, of the table that it is in, or of the job."""
    keys = (key, key.partition(".")[0])
    return next((place.keys[one].line for one in keys if one in place.keys), place.line)


def _of_note(note: str, file: str) -> Finding:
    """A note of the configuration has its place in its text already."""
    return Finding(
        code="L116",
        title=CODES["L116"].title,
        job="",
        message=note,
        fix="none is needed, if that is known",
        file=file,
        line=0,
    )


def by_message(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """Those that say the same of several jobs together, in the order of the first ones."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.code, finding.message), []).append(finding)
    return found

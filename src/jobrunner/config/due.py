"""Whether a job ever comes due: its expressions, dates and calendars."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import structs

from jobrunner import cron
from jobrunner.config.fault import Fault, fault
from jobrunner.config.finding import Refusal
from jobrunner.config.moment import usable
from jobrunner.config.position import Path
from jobrunner.cron.error import CronError
from jobrunner.errors import UnusableError
from jobrunner.model.job import Job, Timing
from jobrunner.model.value import Duration, Moment, Words
from jobrunner.schedule.compose import compose, first_instant, last_instant
from jobrunner.schedule.day import of_country

REBOOT = "@reboot"
# What may leave no slot, and what is said then.
NARROWING = {
    "between": "no slot falls inside the windows",
    "skip_dates": "every slot falls on a skipped day",
    "end": "no slot falls between the dates",
}
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = ("minute", "hour", "day", "month", "weekday")


def faults(job: Job) -> Iterator[Fault]:
    """What is wrong with each part of its schedule."""
    yield from _expressions(job.cron, job, job.timezone.info, ("cron",))
    yield from _rhythm(job)
    if job.schedules:
        yield from _schedules(job)
    if job.calendar:
        yield from _calendar(job)


def _expressions(expressions: Words, job: Job, zone: tzinfo, path: Path) -> Iterator[Fault]:
    for index, expression in enumerate(expressions):
        if expression == REBOOT:
            continue
        try:
            cron.parse(expression, zone, dst=job.dst, name=job.name)
        except CronError as error:
            piece = error.span if error.span[1] > error.span[0] else None
            refusal = Refusal("E110", str(error), _fields(expression, error.span), piece)
            yield (*path, index), refusal, expression


def _fields(expression: str, span: tuple[int, int]) -> str:
    """The fields up to the bad one, by name: how it was read."""
    words = list(re.finditer(r"\S+", expression))
    if len(words) != len(FIELDS):
        return ""
    read = [word for word in words if word.start() < max(span[1], 1)]
    named = (f"{name} {word[0][:20]}" for name, word in zip(FIELDS, read, strict=False))
    return f"{', '.join(named)}; fields: {' '.join(FIELDS)}"


def _rhythm(job: Job) -> Iterator[Fault]:
    if job.every is not None:
        if job.every < SECOND:
            yield fault(("every",), "E103", "`every` is shorter than a second", 'at least "1s"')
        if job.cron or job.at:
            text = "`every` stands beside another way to say when"
            yield fault(("every",), "E131", text, "give several ways as `schedules`")
    if job.start:
        yield from _start(job.start)
    if job.start and job.end:
        zone = job.timezone.info
        if last_instant(job.end, zone) < first_instant(job.start, zone):
            text = f"the end, {job.end.value}, lies before the start, {job.start.value}"
            yield fault(("end",), "E111", text)


def _start(start: Moment) -> Iterator[Fault]:
    try:
        usable(start.value)
    except Refusal as refusal:
        yield ("start",), refusal, ""


def _schedules(job: Job) -> Iterator[Fault]:
    for index, timing in enumerate(job.schedules):
        path: Path = ("schedules", index)
        zone = (timing.timezone or job.timezone).info
        yield from _expressions(timing.cron, job, zone, (*path, "cron"))
        yield from _timing(timing, path)


def _timing(timing: Timing, path: Path) -> Iterator[Fault]:
    ways = [timing.cron, timing.every is not None, timing.at]
    if sum(map(bool, ways)) != 1:
        yield fault(path, "E130", "a schedule has exactly one of `cron`, `every` and `at`")
    if timing.every is not None and timing.every < SECOND:
        text = "`every` is shorter than a second"
        yield fault((*path, "every"), "E103", text, 'at least "1s"')


def _calendar(job: Job) -> Iterator[Fault]:
    calendar = job.calendar
    assert calendar is not None
    sources = [key for key in ("country", "ics", "file") if getattr(calendar, key)]
    path: Path = ("calendar",)
    if len(sources) != 1:
        yield fault(path, "E130", "a calendar has exactly one of `country`, `ics` and `file`")
    elif calendar.region and not calendar.country:
        yield fault((*path, "region"), "E133", "`region` says nothing without `country`")
    elif calendar.country:
        try:
            of_country(calendar.country, calendar.region)
        except UnusableError as error:
            yield fault(path, "E104", str(error))


def never_due(job: Job) -> Iterator[Fault]:
    """Whether parts that are each right leave no slot; asked of a job without other faults."""
    narrow = [key for key in NARROWING if getattr(job, key)]
    if not narrow or (narrow == ["end"] and not job.start) or not _is_foreseeable(job):
        return
    first = _first_look(job)
    settled = structs.replace(job, initial_delay=Duration())
    if compose(settled, first).next_after(first - INSTANT) is None:
        yield fault((narrow[0],), "E111", "this never comes due", NARROWING[narrow[0]])


def _first_look(job: Job) -> datetime:
    """From when on to look for a slot: schedules look a few decades ahead, `at` may lie beyond."""
    zone = job.timezone.info
    first = first_instant(job.start, zone) if job.start else BEGINNING
    timings = _timings(job)
    if any(timing.cron or timing.every for timing in timings):
        return first
    dated = [(at, (timing.timezone or job.timezone).info) for timing in timings for at in timing.at]
    instants = (first_instant(at, zone) for at, zone in dated)
    return min((instant for instant in instants if instant >= first), default=first)


def _timings(job: Job) -> tuple[Timing, ...]:
    return (Timing(cron=job.cron, every=job.every, at=job.at), *job.schedules)


def _is_foreseeable(job: Job) -> bool:
    """Whether its slots are known without knowing when it is first seen, booted or run."""
    timings = _timings(job)
    if not any(timing.cron or timing.every or timing.at for timing in timings):
        return False
    if any(REBOOT in timing.cron for timing in timings) or job.every_from == "end":
        return False
    calendar = job.calendar
    if calendar and calendar.days is None and not calendar.country:
        return False
    anchored = job.start is not None
    return all(anchored or not (timing.every and DAY % timing.every) for timing in timings)

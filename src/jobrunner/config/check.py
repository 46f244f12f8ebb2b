"""What types cannot say of a job: keys that need or exclude each other, schedules that come due."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import structs

from jobrunner import cron
from jobrunner.config.finding import Refusal
from jobrunner.config.position import Path
from jobrunner.config.spelling import quoted
from jobrunner.cron.error import CronError
from jobrunner.errors import UnusableError
from jobrunner.model.job import Job, Param, Timing
from jobrunner.model.value import Duration, Words
from jobrunner.schedule.compose import compose, first_instant, last_instant
from jobrunner.schedule.day import of_country

# A flaw of a job: the path below its table, what is wrong, and the string that holds the piece.
Fault = tuple[Path, Refusal, str]

KINDS = ("command", "http", "python", "sql")
REBOOT = "@reboot"
SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = ("minute", "hour", "day", "month", "weekday")

# key: the key beside it that gives it a meaning, the values that do (none: any), and the advice
PARTNERS: Mapping[str, tuple[str, frozenset[str], str]] = {
    "every_from": ("every", frozenset(), "it counts `every`"),
    "max_catch_up": ("catch_up", frozenset({"all"}), 'it bounds catch_up = "all"'),
    "max_instances": ("overlap", frozenset({"allow"}), 'it bounds overlap = "allow"'),
    "on_holiday": ("calendar", frozenset(), "it moves slots off the days of `calendar`"),
}


def faults(job: Job, own: AbstractSet[str]) -> Iterator[Fault]:
    """Everything wrong with a job whose values are each right; `own` are its table's keys."""
    yield from _command(job)
    yield from _expressions(job.cron, job, job.timezone.info, ("cron",))
    yield from _rhythm(job)
    if not PARTNERS.keys().isdisjoint(own):
        yield from _partners(job, own)
    if job.schedules:
        yield from _schedules(job)
    if job.params:
        yield from _params(job.params)
    if job.expect.file == "" and (job.expect.newer or job.expect.min_size is not None):
        yield _fault(("expect",), "E133", "`newer` and `min_size` need the `file` they look at")
    threshold = job.notify_after
    if threshold.of is not None and threshold.of < threshold.failures:
        text = f"{threshold.failures} failures of the last {threshold.of} cannot be"
        yield _fault(("notify_after",), "E103", text)
    if job.calendar:
        yield from _calendar(job)
    pings = [key for key in ("ping", "ping_file", "ping_env") if getattr(job, key)]
    if len(pings) > 1:
        text = f"`{pings[0]}` and `{pings[1]}` are two forms of one thing"
        yield _fault((pings[1],), "E131", text)


def _fault(path: Path, code: str, message: str, hint: str = "") -> Fault:
    return path, Refusal(code, message, hint), ""


def _command(job: Job) -> Iterator[Fault]:
    kinds = [kind for kind in KINDS if getattr(job, kind) is not None]
    if len(kinds) != 1:
        found = f"has {' and '.join(kinds)}" if kinds else "has nothing to run"
        hint = "give exactly one of command, http, python, sql"
        path: Path = (kinds[1],) if kinds else ()
        yield _fault(path, "E130", f"job {quoted(job.name)} {found}", hint)
    command = job.command
    if command is None:
        return
    if not command or not (command.strip() if isinstance(command, str) else command[0]):
        yield _fault(("command",), "E116", "`command` is empty", "write what to run")


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
            yield _fault(("every",), "E103", "`every` is shorter than a second", 'at least "1s"')
        if job.cron or job.at:
            text = "`every` stands beside another way to say when"
            yield _fault(("every",), "E131", text, "give several ways as `schedules`")
    if job.start and job.end:
        zone = job.timezone.info
        if last_instant(job.end, zone) < first_instant(job.start, zone):
            text = f"the end, {job.end.value}, lies before the start, {job.start.value}"
            yield _fault(("end",), "E111", text)


def _partners(job: Job, own: AbstractSet[str]) -> Iterator[Fault]:
    for key in PARTNERS.keys() & own:
        partner, values, why = PARTNERS[key]
        value = getattr(job, partner)
        rhythms = [timing.every for timing in job.schedules if partner == "every"]
        if (value in values) if values else (value or any(rhythms)):
            continue
        yield _fault((key,), "E133", f"`{key}` says nothing without `{partner}`", why)


def _schedules(job: Job) -> Iterator[Fault]:
    for index, timing in enumerate(job.schedules):
        path: Path = ("schedules", index)
        zone = (timing.timezone or job.timezone).info
        yield from _expressions(timing.cron, job, zone, (*path, "cron"))
        yield from _timing(timing, path)


def _timing(timing: Timing, path: Path) -> Iterator[Fault]:
    ways = [timing.cron, timing.every is not None, timing.at]
    if sum(map(bool, ways)) != 1:
        yield _fault(path, "E130", "a schedule has exactly one of `cron`, `every` and `at`")
    if timing.every is not None and timing.every < SECOND:
        text = "`every` is shorter than a second"
        yield _fault((*path, "every"), "E103", text, 'at least "1s"')


def _params(params: Mapping[str, Param]) -> Iterator[Fault]:
    for name, param in params.items():
        path: Path = ("params", name, "default")
        if param.choices and param.default and param.default not in param.choices:
            yield _fault(path, "E104", f"{quoted(param.default)} is none of the choices")
        elif param.pattern and param.default and not re.fullmatch(param.pattern, param.default):
            yield _fault(path, "E113", f"{quoted(param.default)} does not match the pattern")


def _calendar(job: Job) -> Iterator[Fault]:
    calendar = job.calendar
    assert calendar is not None
    sources = [key for key in ("country", "ics", "file") if getattr(calendar, key)]
    path: Path = ("calendar",)
    if len(sources) != 1:
        yield _fault(path, "E130", "a calendar has exactly one of `country`, `ics` and `file`")
    elif calendar.region and not calendar.country:
        yield _fault((*path, "region"), "E133", "`region` says nothing without `country`")
    elif calendar.country:
        try:
            of_country(calendar.country, calendar.region)
        except UnusableError as error:
            yield _fault(path, "E104", str(error))


def never_due(job: Job) -> Iterator[Fault]:
    """Whether parts that are each right leave no slot; asked of a job without other faults."""
    timed = job.cron or job.every or job.at or job.schedules
    if not timed or not (job.between or job.skip_dates or (job.start and job.end)):
        return
    if REBOOT in job.cron or job.every_from == "end":
        return
    if job.calendar and job.calendar.days is None and not job.calendar.country:
        return
    first = first_instant(job.start, job.timezone.info) if job.start else BEGINNING
    settled = structs.replace(job, initial_delay=Duration())
    if compose(settled, first).next_after(first - INSTANT) is None:
        yield _fault(_blamed(job), "E111", "no slot is left: this never comes due", _left(job))


def _blamed(job: Job) -> Path:
    keys = ("between", "end", "skip_dates")
    return (next(key for key in keys if getattr(job, key)),)


def _left(job: Job) -> str:
    if job.between:
        return "no slot falls inside the windows"
    return "no slot falls between the dates"

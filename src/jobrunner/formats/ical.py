"""The next slots of jobs as a calendar, RFC 5545: a rule where it is exact, else event by event."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from jobrunner import cron
from jobrunner.cron.expression import Expression
from jobrunner.formats.leaving import Remark, Written
from jobrunner.model.job import Job
from jobrunner.schedule.compose import REBOOT, compose
from jobrunner.schedule.every import counts_from_first_sight

MOST = 500
LONGEST = 75  # octets of a line
WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
DAYS, MONTHS, WEEK = 31, 12, 7
GUARDED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""}
# What no rule can say beside an expression.
MORE = (
    *("every", "at", "schedules", "start", "end", "between", "skip_dates", "calendar"),
    *("jitter", "initial_delay", "after"),
)


def write(jobs: Sequence[Job], now: datetime, distance: timedelta) -> Written:
    """An event for each slot up to `distance` from now, or one that is repeated by a rule."""
    remarks: list[Remark] = []
    events = [line for job in jobs for line in _events(job, now, distance, remarks)]
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//jobrunner//export ics//EN"),
        *events,
        "END:VCALENDAR",
    ]
    text = "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))
    return Written(text, tuple(remarks))


def _events(job: Job, now: datetime, distance: timedelta, remarks: list[Remark]) -> Iterator[str]:
    reason = _unknown(job)
    if reason:
        remarks.append(Remark(job.name, reason))
        return
    schedule = compose(job, now)
    if rule := _rule(job):
        first = schedule.next_after(now)
        if first is not None:
            yield from _event(job, first, now, rule)
        return
    slots = [*islice(schedule.between(now, now + distance), MOST + 1)]
    if len(slots) > MOST:
        remarks.append(Remark(job.name, f"only its next {MOST} slots; the rest is left out"))
    for slot in slots[:MOST]:
        yield from _event(job, slot, now)


def _unknown(job: Job) -> str:
    """Why nobody can tell its slots beforehand, if so."""
    if not job.enabled:
        return "left out: it is disabled"
    if job.cron == (REBOOT,) and not (job.every or job.at or job.schedules):
        return "left out: it is due when the host has started"
    if not (job.cron or job.every or job.at or job.schedules):
        return "left out: it has no times of its own"
    if job.every and (
        job.every_from == "end" or counts_from_first_sight(job.every, has_start=bool(job.start))
    ):
        return "left out: its times depend on what ran before"
    return ""


def _event(job: Job, slot: datetime, now: datetime, rule: str = "") -> Iterator[str]:
    about = "\n".join(filter(None, (job.description, job.docs)))
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(job.name)}-{_moment(slot)}@jobrunner"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"DTSTART:{_moment(slot)}"
    if rule:
        yield f"RRULE:{rule}"
    yield f"SUMMARY:{_text(job.name)}"
    if about:
        yield f"DESCRIPTION:{_text(about)}"
    if job.tags:
        yield f"CATEGORIES:{','.join(map(_text, job.tags))}"
    yield from ("TRANSP:TRANSPARENT", "END:VEVENT")


def _rule(job: Job) -> str:
    """The rule of a job that has one expression, and whose zone is and stays UTC; else empty."""
    has_more = any(getattr(job, key) for key in MORE)
    is_utc = job.timezone.info is UTC or job.dst == "utc"
    if has_more or len(job.cron) != 1 or job.cron[0] == REBOOT or not is_utc:
        return ""
    return _of(cron.parse(job.cron[0], UTC, name=job.name).expression)


def _of(expression: Expression) -> str:
    day, weekday = expression.day, expression.weekday
    is_or = not (day.starred or weekday.starred)
    # In a rule both kinds of days must hold.
    if day.forms or weekday.forms or expression.year.text != "*" or is_or:
        return ""
    parts = {
        "BYMONTH": _numbers(expression.month.values, MONTHS),
        "BYMONTHDAY": _numbers(day.values, DAYS),
        "BYDAY": _weekdays(weekday.values),
        "BYHOUR": ",".join(map(str, expression.hour.values)),
        "BYMINUTE": ",".join(map(str, expression.minute.values)),
        "BYSECOND": ",".join(map(str, expression.second.values)),
    }
    return ";".join(["FREQ=DAILY", *(f"{name}={value}" for name, value in parts.items() if value)])


def _numbers(values: Sequence[int], most: int) -> str:
    return "" if len(values) == most else ",".join(map(str, values))


def _weekdays(values: Sequence[int]) -> str:
    return "" if len(values) == WEEK else ",".join(WEEKDAYS[number] for number in values)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    return "".join(GUARDED.get(c, c if c.isprintable() else " ") for c in text)


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, none of which cuts a character."""
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LONGEST:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    yield piece

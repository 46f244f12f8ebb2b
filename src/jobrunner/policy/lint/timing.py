"""Rules about when a job is due: never, twice, unevenly, on other days than meant."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations

from jobrunner.cron.expression import Expression, read
from jobrunner.cron.field import Field
from jobrunner.model.job import Job
from jobrunner.model.value import Window
from jobrunner.policy.lint.subject import Advice, Subject
from jobrunner.schedule.compose import REBOOT
from jobrunner.schedule.every import counts_from_first_sight
from jobrunner.words import short, spell

YEAR = timedelta(days=366)
STEP = re.compile(r"\*/([0-9]+)")
# How many values the field has, what a step of one is, and how `every` spells it.
FIELDS = (
    ("second", 60, "s"),
    ("minute", 60, "m"),
    ("hour", 24, "h"),
    ("day", 31, "d"),
    ("month", 12, ""),
    ("weekday", 7, ""),
)
DAY = 24 * 60


def seldom(subject: Subject) -> Iterator[Advice]:
    """L101."""
    next_at, job = subject.next_at, subject.job
    if not subject.has_schedule or not job.enabled or REBOOT in job.cron:
        return
    if next_at is None:
        yield _advice("L101", job, "no slot is to come any more", "jobrunner rm --ended")
    elif next_at - subject.now > YEAR:
        local = next_at.astimezone(job.timezone.info)
        yield _advice("L101", job, f"the next slot is on {local:%Y-%m-%d}", "another day")


def clock_change(subject: Subject) -> Iterator[Advice]:
    """L102."""
    if subject.change:
        fix = 'a time outside the changed hour, timezone = "UTC", or dst: "skip", "both"'
        yield _advice("L102", subject.job, subject.change, fix)


def uneven_step(subject: Subject) -> Iterator[Advice]:
    """L104."""
    for expression in _expressions(subject.job):
        for name, size, unit in FIELDS:
            field: Field = getattr(expression, name)
            found = STEP.fullmatch(field.text)
            step = int(found[1]) if found else 1
            if step > 1 and (size % step or step >= size):
                every = f'every = "{step}{unit}"' if unit else "a list of values"
                yield _advice("L104", subject.job, _uneven(name, step, size, field), every)


def _uneven(name: str, step: int, size: int, field: Field) -> str:
    if len(field.values) == 1:
        return f"*/{step} in the {name} is {name} {field.values[0]} alone"
    after = size - field.values[-1] + field.values[0]
    if name in {"day", "month"}:
        after = size - field.values[-1] + 1
    last = f"{name} {field.values[-1]} is followed by {field.values[0]}"
    return f"*/{step} in the {name} does not come out even: {last}, {after} later"


def either_day(subject: Subject) -> Iterator[Advice]:
    """L105."""
    for expression in _expressions(subject.job):
        day, weekday = expression.day, expression.weekday
        if not day.starred and not weekday.starred:
            what = f"day {day.text} of the month, and also each weekday {weekday.text}"
            fix = '"*" in one of the two; the first Monday of a month is MON#1'
            yield _advice("L105", subject.job, f'"{expression.text}" comes due on {what}', fix)


def uneven_interval(subject: Subject) -> Iterator[Advice]:
    """L107."""
    job = subject.job
    if job.start is not None or job.every_from == "end":
        return
    for every in (job.every, *(timing.every for timing in job.schedules)):
        if every is not None and counts_from_first_sight(every, has_start=False):
            what = f"{spell(every)} does not divide a day: slots count from the first tick"
            yield _advice("L107", job, what, "start = a date and time", key="every")


def windows(subject: Subject) -> Iterator[Advice]:
    """L108."""
    for one, other in combinations(subject.job.between, 2):
        if any(
            begins < ends_too and begins_too < ends
            for begins, ends in _spans(one)
            for begins_too, ends_too in _spans(other)
        ):
            what = f"{_told(one)} and {_told(other)} overlap"
            yield _advice("L108", subject.job, what, "one window for both", key="between")


def every_slot(subject: Subject) -> Iterator[Advice]:
    """L111."""
    job, gap = subject.job, subject.gap
    if job.catch_up != "all" or gap is None or gap >= SHORT:
        return
    slots = min(NIGHT // gap, job.max_catch_up)
    what = f"after a night of {short(NIGHT)} without ticks, {slots} runs follow one another"
    yield _advice("L111", job, what, 'catch_up = "latest"', key="catch_up")


SHORT = timedelta(hours=1)
NIGHT = timedelta(hours=8)


def _expressions(job: Job) -> Iterator[Expression]:
    for expression in (*job.cron, *(one for timing in job.schedules for one in timing.cron)):
        if expression != REBOOT:
            yield read(expression, job.name)


def _spans(window: Window) -> list[tuple[int, int]]:
    """The minutes of the day in it; two stretches if it crosses midnight."""
    opens = 60 * window.opens.hour + window.opens.minute
    closes = 60 * window.closes.hour + window.closes.minute if window.closes else DAY
    return [(opens, closes)] if opens <= closes else [(opens, DAY), (0, closes)]


def _told(window: Window) -> str:
    closes = f"{window.closes:%H:%M}" if window.closes else "24:00"
    return f"{window.opens:%H:%M}-{closes}"


def _advice(code: str, job: Job, message: str, fix: str, *, key: str = "") -> Advice:
    return Advice(code=code, job=job.name, key=key or _key(job), message=message, fix=fix)


def _key(job: Job) -> str:
    keys = ("cron", "every", "at", "schedules")
    return next((key for key in keys if getattr(job, key)), "")

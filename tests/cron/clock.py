"""Debian's cron told minute by minute: an independent reading of crontab(5) and cron(8)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NAMES = {
    name: str(number)
    for names, first in (
        ("jan feb mar apr may jun jul aug sep oct nov dec", 1),
        ("sun mon tue wed thu fri sat", 0),
    )
    for number, name in enumerate(names.split(), first)
}


def numbers(text, low, high):
    """The numbers a field of crontab(5) names."""
    found = set()
    for part in text.split(","):
        stretch, _, step = part.partition("/")
        ends = [NAMES.get(end.lower(), end) for end in stretch.split("-")]
        first, last = (low, high) if stretch == "*" else (int(ends[0]), int(ends[-1]))
        if step and stretch != "*" and len(ends) == 1:
            last = high
        found.update(range(first, last + 1, int(step or 1)))
    return found


class Crontab:
    """One line of a crontab: does it match what a clock shows, and is it a wildcard job?"""

    def __init__(self, line):
        minute, hour, day, month, weekday = line.split()
        self.minutes, self.hours = numbers(minute, 0, 59), numbers(hour, 0, 23)
        self.days, self.months = numbers(day, 1, 31), numbers(month, 1, 12)
        self.weekdays = {number % 7 for number in numbers(weekday, 0, 7)}
        self.both_days = day.startswith("*") or weekday.startswith("*")
        self.wild = minute.startswith("*") or hour.startswith("*")

    def matches(self, shown):
        if shown.minute not in self.minutes or shown.hour not in self.hours:
            return False
        on_day = shown.day in self.days, shown.isoweekday() % 7 in self.weekdays
        return shown.month in self.months and (all(on_day) if self.both_days else any(on_day))


def fires(line, zone, after, until):
    """The instants in (after, until] at which cron, running for a while before, starts the job."""
    job = Crontab(line)
    moment = (after - timedelta(hours=4)).replace(second=0, microsecond=0)
    virtual = moment.astimezone(zone).replace(tzinfo=None)
    found = []
    while (moment := moment + MINUTE) <= until:
        shown = moment.astimezone(zone).replace(tzinfo=None)
        due, virtual = _wake(job, virtual, shown)
        if due and moment > after:
            found.append(moment)
    return found


def _wake(job, virtual, shown):
    """Whether the job starts when the clock, last looked at as `virtual`, shows `shown`."""
    behind = (shown - virtual) // MINUTE
    if behind == 1 or behind > 180 or behind <= -180:
        return job.matches(shown), shown
    if behind <= 0:
        return job.wild and job.matches(shown), virtual
    missed = [shown - step * MINUTE for step in range(behind)]
    if job.wild and behind > 5:
        return job.matches(shown), shown
    return any(job.matches(minute) for minute in missed), shown


def changes(zone, first, last):
    """The days, as instants, on which the zone's offset from UTC changes."""
    coarse = list(_days(first, last, 8))
    return [
        day
        for start, end in pairwise(coarse)
        if _offset(zone, start) != _offset(zone, end)
        for day in (start + step * DAY for step in range(8))
        if _offset(zone, day) != _offset(zone, day + DAY)
    ]


def _days(first, last, step):
    day = datetime(first, 1, 1, tzinfo=UTC)
    while day.year <= last:
        yield day
        day += step * DAY


def _offset(zone, moment):
    return moment.astimezone(zone).utcoffset()

"""How many slots a job has on each day to come, without going through those of dense jobs."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec import Struct

from jobrunner.cron.day import Days
from jobrunner.cron.schedule import CronSchedule
from jobrunner.cron.wall import Wall
from jobrunner.model.schedule import Schedule
from jobrunner.schedule.union import Union
from jobrunner.schedule.wall import has_change, midnight

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)
FEW = 3  # slots a day that are gone through one by one


class DayPlan(Struct, frozen=True):
    """The slots of one day: how many, and what the clock shows at the first."""

    day: date
    slots: int
    first: time


class Routine(Struct, frozen=True):
    """Days that have the same slots, of which many jobs may have the very same."""

    days: tuple[date, ...]
    slots: int
    first: time


def plan_days(
    schedule: Schedule, after: datetime, last: date, zone: tzinfo
) -> tuple[Routine | None, list[DayPlan]]:
    """The slots after that moment, up to the last day, by the days of that zone.

    What one cron expression says is a routine, but for the rest of the first day, and for days on
    which clocks change.  All other schedules are counted day by day.
    """
    wall = _wall(schedule, zone)
    if wall is None:
        return None, list(_counted(schedule, after, last, zone))
    today = after.astimezone(zone).date()
    others = list(_today(wall, schedule, after, zone) if today <= last else ())
    for day in _changes(today + DAY, last, zone):
        others += _counted(schedule, midnight(day, zone) - MOMENT, day, zone)
    days = _steady(wall.days, today + DAY, last, zone)
    return Routine(days, len(wall.times), _time(wall.times.at(0))), others


def _wall(schedule: Schedule, zone: tzinfo) -> Wall | None:
    """What the one cron expression of a schedule shows, if it is read on that zone's clock."""
    if not isinstance(schedule, Union) or len(schedule.parts) != 1:
        return None
    part = schedule.parts[0]
    if not isinstance(part, CronSchedule) or part.zone != zone or part.dst == "utc":
        return None
    return part.expression.wall


def _today(wall: Wall, schedule: Schedule, after: datetime, zone: tzinfo) -> Iterator[DayPlan]:
    shown = after.astimezone(zone)
    if _changes(shown.date(), shown.date(), zone):
        yield from _counted(schedule, after, shown.date(), zone)
        return
    begin = shown.replace(tzinfo=None, microsecond=0) + SECOND
    rest = wall.rest_of(begin) if begin.date() == shown.date() else None
    if rest:
        yield DayPlan(begin.date(), rest[1], rest[0].time())


@lru_cache(maxsize=1024)
def _steady(days: Days, first: date, last: date, zone: tzinfo) -> tuple[date, ...]:
    """The days that match and on which no clock changes."""
    changes = _changes(first, last, zone)
    return tuple(day for day in _each(first, last) if days.holds(day) and day not in changes)


@lru_cache(maxsize=1024)
def _changes(first: date, last: date, zone: tzinfo) -> tuple[date, ...]:
    return tuple(day for day in _each(first, last) if has_change(day, zone))


def _each(first: date, last: date) -> Iterator[date]:
    return (first + number * DAY for number in range((last - first).days + 1))


def _counted(schedule: Schedule, after: datetime, last: date, zone: tzinfo) -> Iterator[DayPlan]:
    until = midnight(last + DAY, zone) - MOMENT
    total = schedule.count(after, until) if after < until else 0
    if total > FEW * ((last - after.astimezone(zone).date()).days + 1):
        yield from _each_counted(schedule, after, last, zone)
        return
    slots: dict[date, list[datetime]] = {}
    for slot in schedule.between(after, until) if total else ():
        there = slot.astimezone(zone)
        slots.setdefault(there.date(), []).append(there)
    yield from (DayPlan(day, len(found), found[0].time()) for day, found in slots.items())


def _each_counted(
    schedule: Schedule, after: datetime, last: date, zone: tzinfo
) -> Iterator[DayPlan]:
    for day in _each(after.astimezone(zone).date(), last):
        start = max(after, midnight(day, zone) - MOMENT)
        until = midnight(day + DAY, zone) - MOMENT
        slots = schedule.count(start, until)
        first = schedule.next_after(start) if slots else None
        if first:
            yield DayPlan(day, slots, first.astimezone(zone).time())


def _time(second: int) -> time:
    return time(second // 3600, second // 60 % 60, second % 60)

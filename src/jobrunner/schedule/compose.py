"""A job's keys put together into one schedule."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from jobrunner import cron
from jobrunner.model.job import Calendar, Job, Timing
from jobrunner.model.schedule import Schedule
from jobrunner.model.value import Moment
from jobrunner.schedule import day
from jobrunner.schedule.every import every
from jobrunner.schedule.holiday import Moved
from jobrunner.schedule.union import Instants, Union
from jobrunner.schedule.wall import DAY, TICK, instant, midnight
from jobrunner.schedule.window import DaysOff, Hours, Within

REBOOT = "@reboot"


def compose(job: Job, seen: datetime) -> Schedule:
    """When `job` is due, if a tick first saw it at `seen`.

    1. The union of cron, every, at and schedules, each in its own zone;
    2. holidays are left out or moved; then skip_dates and other times of day are left out;
    3. nothing before `start` or within `initial_delay`, nothing after `end`.

    Its slots are in UTC.  `@reboot` is no instant and adds none.
    """
    schedule: Schedule = Union(tuple(_parts(job, seen)))
    zone = job.timezone.info
    if job.calendar:
        schedule = _without_holidays(schedule, job, job.calendar)
    if job.skip_dates:
        words = ", ".join(f"{skipped}" for skipped in job.skip_dates[:3])
        schedule = DaysOff(schedule, zone, frozenset(job.skip_dates).__contains__, words)
    if job.between:
        schedule = Hours(schedule, zone, job.between)
    return _within(schedule, job, seen)


def first_instant(moment: Moment, zone: tzinfo) -> datetime:
    """The first instant of a date or date-time, in UTC."""
    try:
        return _instant(moment, zone)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def last_instant(moment: Moment, zone: tzinfo) -> datetime:
    """The last instant of a date or date-time, in UTC: a date is a whole day."""
    try:
        if isinstance(moment.value, datetime):
            return _instant(moment, zone)
        return midnight(moment.value + DAY, zone) - TICK
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _instant(moment: Moment, zone: tzinfo) -> datetime:
    if not isinstance(moment.value, datetime):
        return midnight(moment.value, zone)
    if moment.value.tzinfo:
        return moment.value.astimezone(UTC)
    return instant(moment.value, zone)


def _parts(job: Job, seen: datetime) -> Iterator[Schedule]:
    """One schedule for each way in which the job says when."""
    own = Timing(cron=job.cron, every=job.every, at=job.at)
    for timing in (own, *job.schedules):
        zone = (timing.timezone or job.timezone).info
        for expression in timing.cron:
            if expression != REBOOT:
                yield cron.parse(expression, zone, dst=job.dst, name=job.name)
        if timing.every and job.every_from == "start":
            yield every(timing.every, zone, _start(job, zone), seen)
        if timing.at:
            yield Instants(tuple(sorted({first_instant(at, zone) for at in timing.at})))


def _without_holidays(schedule: Schedule, job: Job, calendar: Calendar) -> Schedule:
    days = calendar.days or day.of_country(calendar.country, calendar.region)
    zone = job.timezone.info
    if job.on_holiday == "skip":
        return DaysOff(schedule, zone, days.__contains__, "holidays")
    return Moved(schedule, zone, days, job.on_holiday)


def _within(schedule: Schedule, job: Job, seen: datetime) -> Schedule:
    zone = job.timezone.info
    first = _start(job, zone)
    if job.initial_delay:
        settled = seen + job.initial_delay
        first = max(first, settled) if first else settled
    last = last_instant(job.end, zone) if job.end else None
    return Within(schedule, first, last) if first or last else schedule


def _start(job: Job, zone: tzinfo) -> datetime | None:
    return first_instant(job.start, zone) if job.start else None

"""What is due next, by jobs.toml and by what the ledger knows of each job."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from itertools import islice

from msgspec import Struct

from jobrunner.engine.report.fixed import fingerprint, once_a_job
from jobrunner.model.job import Job
from jobrunner.model.pause import Pause
from jobrunner.schedule.compose import REBOOT, compose
from jobrunner.schedule.every import counts_from_first_sight
from jobrunner.schedule.walk import step
from jobrunner.schedule.wall import has_change
from jobrunner.store.value import Mark
from jobrunner.words import listed

MOMENT = timedelta(microseconds=1)
NEVER = datetime.max.replace(tzinfo=UTC)


class Known(Struct, frozen=True, kw_only=True):
    """What the ledger knows of jobs by name; nothing where there is none."""

    marks: Mapping[str, Mark] = {}
    pauses: Mapping[str, Pause] = {}
    usual: Mapping[str, float] = {}  # seconds
    busy: AbstractSet[str] = frozenset()


NOTHING = Known()


class Coming(Struct, frozen=True, kw_only=True):
    """One slot that is to come."""

    job: str
    scheduled_for: datetime
    timezone: str
    left_seconds: float
    usual_seconds: float | None
    note: str


class Absent(Struct, frozen=True, kw_only=True):
    """A job with no slot in the time asked for, and why."""

    job: str
    next_at: datetime | None
    reason: str


class Ahead(Struct, frozen=True, kw_only=True):
    """The slots to come, in order; how many more each job has; who has none."""

    slots: tuple[Coming, ...]
    more: dict[str, int]
    absent: tuple[Absent, ...]
    busiest: tuple[datetime, int] | None


def ahead(
    jobs: Iterable[Job],
    now: datetime,
    within: timedelta,
    most: int | None = 3,
    known: Known = NOTHING,
) -> Ahead:
    """The slots of each job in the time to come, at most so many of each."""
    wanted = list(jobs)
    sharing = _sharing(wanted)
    slots: list[Coming] = []
    more: dict[str, int] = {}
    absent: list[Absent] = []
    for job in wanted:
        found, rest = _slots(job, now, within, most, known)
        slots += _told(job, found, now, known, sharing)
        if found:
            more[job.name] = rest
        else:
            absent.append(_absent(job, now, known))
    slots.sort(key=lambda slot: (slot.scheduled_for, slot.job))
    more = {job: number for job, number in more.items() if number}
    return Ahead(slots=tuple(slots), more=more, absent=tuple(absent), busiest=_busiest(slots))


def upcoming(
    job: Job, since: datetime, count: int, now: datetime, known: Known = NOTHING
) -> list[Coming]:
    """The first slots of a job after a moment, however far ahead; those in a pause are none."""
    pause = known.pauses.get(job.name)
    if not job.enabled or (pause and pause.until is None):
        return []
    begins = max(since, pause.until - MOMENT) if pause and pause.until else since
    found = list(islice(_from(job, begins, now, known), count))
    return list(_told(job, found, now, known, {}))


def _from(job: Job, since: datetime, now: datetime, known: Known) -> Iterator[datetime]:
    mark = _mark_of(job, known)
    if mark and job.every_from == "end":
        if mark.next_at and mark.next_at > since:
            yield mark.next_at
        return
    schedule = compose(job, mark.first_seen_at if mark else now)
    slot = step(schedule, since, ahead=True)
    while slot is not None:
        yield slot
        slot = step(schedule, slot, ahead=True)


def _slots(
    job: Job, now: datetime, within: timedelta, most: int | None, known: Known
) -> tuple[list[datetime], int]:
    """The first slots, and how many more there are; those in a pause are none."""
    since, until = now, now + within
    pause = known.pauses.get(job.name)
    if pause is not None:
        since = pause.until - MOMENT if pause.until else until
    if not job.enabled or since >= until:
        return [], 0
    mark = _mark_of(job, known)
    if mark and job.every_from == "end":
        at = mark.next_at
        return ([at], 0) if at and since < at <= until else ([], 0)
    first = _first(mark, since)
    if mark and first and not _has_another(job, mark, first, until):
        return ([first], 0) if first <= until else ([], 0)
    schedule = compose(job, mark.first_seen_at if mark else now)
    found = [first] if first else []
    left = None if most is None else most - len(found)
    found += islice(schedule.between(first or since, until), left)
    if most is None or len(found) < most:
        return found, 0
    return found, schedule.count(found[-1], until)


def _first(mark: Mark | None, since: datetime) -> datetime | None:
    """The first slot after a moment if the last look at the job has found it already."""
    if mark and mark.next_at and mark.looked_at <= since < mark.next_at:
        return mark.next_at
    return None


def _has_another(job: Job, mark: Mark, first: datetime, until: datetime) -> bool:
    """Whether a slot comes between the one that a mark waits for and a moment.

    That slot is the same for as long as the mark waits: it is found out once.
    """
    if first > until:
        return False
    kept = _seconds(job)
    key = mark.first_seen_at, first
    second = kept.get(key)
    if second is None:
        second = step(compose(job, mark.first_seen_at), first, ahead=True) or NEVER
        kept.clear()
        kept[key] = second
    return second <= until


@once_a_job
def _seconds(_job: Job) -> dict[tuple[datetime, datetime], datetime]:
    """The slot after the one that is waited for, by that one."""
    return {}


def _mark_of(job: Job, known: Known) -> Mark | None:
    """What the last look at the job found, if it has the same schedule still."""
    mark = known.marks.get(job.name)
    return mark if mark and mark.schedule == fingerprint(job) else None


def _sharing(jobs: Iterable[Job]) -> Mapping[str, list[str]]:
    """The jobs of each lock."""
    found: dict[str, list[str]] = {}
    for job in jobs:
        if job.lock:
            found.setdefault(job.lock, []).append(job.name)
    return found


def _told(
    job: Job,
    slots: Iterable[datetime],
    now: datetime,
    known: Known,
    sharing: Mapping[str, list[str]],
) -> Iterator[Coming]:
    usual = known.usual.get(job.name)
    for number, slot in enumerate(slots):
        notes = [_note(job, slot, known)]
        if not number:
            notes += _first_notes(job, known, sharing)
        yield Coming(
            job=job.name,
            scheduled_for=slot.astimezone(job.timezone.info),
            timezone=job.timezone.name,
            left_seconds=(slot - now).total_seconds(),
            usual_seconds=usual,
            note=", ".join(filter(None, notes)),
        )


def _note(job: Job, slot: datetime, known: Known) -> str:
    day = slot.astimezone(job.timezone.info).date()
    if has_change(day, job.timezone.info):
        return "clocks change that day"
    is_counted = job.every and counts_from_first_sight(job.every, has_start=job.start is not None)
    if is_counted and not _mark_of(job, known):
        return "counts from the first tick that sees it"
    return ""


def _first_notes(job: Job, known: Known, sharing: Mapping[str, list[str]]) -> Iterator[str]:
    """What the next slot may meet."""
    if job.name in known.busy:
        yield "the run before it is still going"
    others = [name for name in sharing.get(job.lock, []) if name != job.name]
    if others:
        yield f'shares lock "{job.lock}" with {listed(others)}'


def _absent(job: Job, now: datetime, known: Known) -> Absent:
    pause = known.pauses.get(job.name)
    if pause is not None and job.enabled:
        until = pause.until.astimezone(job.timezone.info) if pause.until else None
        told = f"paused until {until:%a %Y-%m-%d %H:%M}" if until else "paused"
        return Absent(job=job.name, next_at=None, reason=told)
    mark = _mark_of(job, known)
    if mark and job.every_from == "end":
        slot = mark.next_at
    else:
        slot = compose(job, mark.first_seen_at if mark else now).next_after(now)
    next_at = slot.astimezone(job.timezone.info) if slot and job.enabled else None
    return Absent(job=job.name, next_at=next_at, reason=_why_absent(job) if not next_at else "")


def _why_absent(job: Job) -> str:
    if not job.enabled:
        return "disabled"
    if job.after:
        return f"after {', '.join(job.after)}"
    if REBOOT in job.cron:
        return "at the first tick after boot"
    if job.every and job.every_from == "end":
        return "counted from the end of its last run"
    if job.cron or job.every or job.at or job.schedules:
        return "ended"
    return "by hand"


def _busiest(slots: Iterable[Coming]) -> tuple[datetime, int] | None:
    """The minute in which slots of most jobs come, if several share one, and how many they are."""
    jobs = {(_minute(slot.scheduled_for), slot.job) for slot in slots}
    minutes = Counter(minute for minute, _ in jobs)
    if not minutes:
        return None
    minute, number = max(minutes.items(), key=lambda item: (item[1], -item[0].timestamp()))
    return (minute, number) if number > 1 else None


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)

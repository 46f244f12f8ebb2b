"""Half a day back and half a day ahead: what ran, and what is to run, a lane for each job."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.agenda import pause_of
from jobrunner.engine.figures.load import schedules_of
from jobrunner.engine.report.standing import Standing
from jobrunner.model.job import Job
from jobrunner.model.schedule import Schedule
from jobrunner.store.base import Store
from jobrunner.store.value import Stretch

HALF = timedelta(hours=12)
LANES = 40
# Runs that began within so much, and ended alike, are drawn as one: less than three pixels apart.
STEP = timedelta(minutes=5)
MOST_MARKS = 150  # of the past of a lane
MOST_SLOTS = 50  # that are told one by one
PIECE = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


class Planned(Struct, frozen=True):
    """A slot to come; or many in a row, told as one, from the first to the last."""

    since: datetime
    until: datetime
    slots: int


class Lane(Struct, frozen=True, kw_only=True):
    """One job: what its runs took up, oldest first, and its slots to come."""

    job: str
    past: tuple[Stretch, ...]
    ahead: tuple[Planned, ...]


class Timeline(Struct, frozen=True, kw_only=True):
    """The time around now; `more` jobs have something in it, too, but no lane."""

    since: datetime
    until: datetime
    lanes: tuple[Lane, ...]
    more: int


def see_timeline(store: Store, jobs: Sequence[Job], known: Standing, now: datetime) -> Timeline:
    """The lanes of the first of these jobs that have anything in that time."""
    since, until = now - HALF, now + HALF
    busy = [job for job in jobs if _is_busy(job, known, since, until)]
    drawn = busy[:LANES]
    past = store.stretches([job.name for job in drawn], since, now, STEP)
    schedules = schedules_of(drawn, known.marks, now)
    lanes = [
        Lane(
            job=job.name,
            past=tuple(merged(past.get(job.name, []))),
            ahead=tuple(_ahead(schedules[job.name], _begin(job, known, now, until), until)),
        )
        for job in drawn
    ]
    return Timeline(since=since, until=until, lanes=tuple(lanes), more=len(busy) - len(drawn))


def _is_busy(job: Job, known: Standing, since: datetime, until: datetime) -> bool:
    """Whether the job runs, or fails, or was looked at or will be in that time."""
    mark = known.marks.get((job.name, ""))
    health = known.health.get(job.name)
    return (
        job.name in known.current
        or bool(health and health.failing_since and job.enabled)
        or bool(mark and mark.looked_at >= since)
        or bool(mark and mark.next_at and mark.next_at <= until)
    )


def merged(stretches: Sequence[Stretch], most: int = MOST_MARKS) -> Sequence[Stretch]:
    """At most so many: the closest neighbours that ended alike are made one, then those further."""
    gap = STEP
    while len(stretches) > most and gap < 4 * HALF:
        stretches = sorted(_joined(stretches, gap), key=lambda one: one.since)
        gap *= 2
    return stretches


def _joined(stretches: Sequence[Stretch], gap: timedelta) -> Iterator[Stretch]:
    last: dict[str, Stretch] = {}
    for one in stretches:
        before = last.get(one.state)
        if before is None or one.since - before.until > gap:
            if before:
                yield before
            last[one.state] = one
        else:
            until = max(before.until, one.until)
            last[one.state] = Stretch(
                one.state, before.since, until, before.runs + one.runs, one.run
            )
    yield from last.values()


def _begin(job: Job, known: Standing, now: datetime, until: datetime) -> datetime | None:
    """From when on slots count; None if there are none in that time."""
    mark = known.mark_of(job)
    if not job.enabled or (mark and (mark.next_at is None or mark.next_at > until)):
        return None
    pause = pause_of(job.name, known.health, now)
    if pause is None or not pause.holds(now):
        return now
    return pause.until - MOMENT if pause.until else None


def _ahead(schedule: Schedule, since: datetime | None, until: datetime) -> Iterator[Planned]:
    """Slots one by one where they are few; else stretches, which end where an hour has none."""
    if since is None or since >= until:
        return
    if schedule.count(since, until) <= MOST_SLOTS:
        yield from (Planned(slot, slot, 1) for slot in schedule.between(since, until))
        return
    begin, slots = since, 0
    while since < until:
        end = min(since + PIECE, until)
        count = schedule.count(since, end)
        if slots and not count:
            yield from _stretch(schedule, begin, since, slots)
        begin = begin if slots else since
        slots = slots + count if count else 0
        since = end
    if slots:
        yield from _stretch(schedule, begin, until, slots)


def _stretch(schedule: Schedule, since: datetime, until: datetime, slots: int) -> Iterator[Planned]:
    first, last = schedule.next_after(since), schedule.previous_before(until + MOMENT)
    if first and last:
        yield Planned(first, last, slots)

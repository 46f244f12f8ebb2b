"""What a look at the clock decides about the slots of a job since the last look."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from msgspec import Struct

from jobrunner.model.decision import Decision, Omit, Start
from jobrunner.model.job import Job
from jobrunner.model.pause import Pause
from jobrunner.model.run import State, Trigger
from jobrunner.model.schedule import Schedule
from jobrunner.schedule.jitter import jitter
from jobrunner.words import short, spell

# A clock that is set back by no more than this is thought to be right now: what it shows again was
# seen to already.  One that is further back shows that it was wrong before.
SMALL_STEP = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


class Stretch(Struct, frozen=True):
    """The time in (since, until]."""

    since: datetime
    until: datetime


def look_until(mark: datetime, now: datetime) -> datetime:
    """Where a look ends that begins at `mark`, whatever was done to the clock meanwhile.

    1. As a rule, now.
    2. After a small step back, at the mark itself: nothing is due before it is passed again.
    3. After a great one, now all the same: a wrong clock had set the mark, and it is taken back.
    """
    return mark if mark - SMALL_STEP <= now < mark else now


def plan(
    job: Job, schedule: Schedule, since: datetime, until: datetime, pause: Pause | None = None
) -> tuple[Decision, ...]:
    """A decision for each slot in (since, until], in the order of time.

    1. Slots within a pause are skipped.
    2. A slot is on time until `grace` (and its jitter) is over.  Unless `catch_up` is "all", only
       the latest one starts, if it is on time: those before it are superseded.
    3. What is late is missed, but for the latest slot (`catch_up` = "latest") or as many of the
       latest as `max_catch_up` says ("all").
    """
    if not job.enabled or until <= since:
        return ()
    whole = Stretch(since, until)
    held = _held(whole, pause)
    free = [piece for piece in _around(whole, held) if piece.since < piece.until]
    decisions = [*_skipped(schedule, held, pause), *_seen_to(job, schedule, free, until)]
    return tuple(sorted(decisions, key=_begins))


def set_aside(
    job: Job, schedule: Schedule, since: datetime, until: datetime, reason: str
) -> tuple[Decision, ...]:
    """The slots in (since, until] as skipped for a reason that holds for all of them."""
    if not job.enabled or until <= since:
        return ()
    return tuple(_omitted(schedule, Stretch(since, until), State.SKIPPED, reason))


def _seen_to(
    job: Job, schedule: Schedule, free: list[Stretch], now: datetime
) -> Iterator[Decision]:
    """What becomes of the slots that no pause covers."""
    starts = _starting(job, schedule, free, now)
    yield from starts
    first = starts[0].scheduled_for if starts else now + MOMENT
    cut = first if job.catch_up == "all" else min(first, now - job.grace - job.jitter)
    for piece in free:
        late = Stretch(piece.since, min(piece.until, cut - MOMENT))
        yield from _omitted(schedule, late, State.MISSED, _why_missed(job, late, now, first))
        over = Stretch(max(piece.since, cut - MOMENT), min(piece.until, first - MOMENT))
        yield from _omitted(schedule, over, State.SKIPPED, f"superseded by {_told(first)}")


def _starting(job: Job, schedule: Schedule, free: list[Stretch], now: datetime) -> list[Start]:
    """The slots that start, oldest first."""
    most = job.max_catch_up if job.catch_up == "all" else 1
    chosen = list(islice(_backwards(schedule, free), most))
    if job.catch_up == "skip":
        chosen = [slot for slot in chosen if _is_on_time(job, slot, now)]
    return [_start(job, slot, now) for slot in reversed(chosen)]


def _start(job: Job, slot: datetime, now: datetime) -> Start:
    return Start(slot, Trigger.SCHEDULE if _is_on_time(job, slot, now) else Trigger.CATCH_UP)


def _is_on_time(job: Job, slot: datetime, now: datetime) -> bool:
    return now - slot - jitter(job.jitter, job.name, slot) <= job.grace


def _backwards(schedule: Schedule, stretches: Iterable[Stretch]) -> Iterator[datetime]:
    """The slots of all stretches, latest first."""
    for stretch in reversed(list(stretches)):
        slot = _last(schedule, stretch)
        while slot is not None:
            yield slot
            slot = _last(schedule, Stretch(stretch.since, slot - MOMENT))


def _skipped(schedule: Schedule, held: Stretch, pause: Pause | None) -> Iterator[Omit]:
    if pause:
        reason = f"paused by {pause.by}" + (f": {pause.reason}" if pause.reason else "")
        yield from _omitted(schedule, held, State.SKIPPED, reason)


def _omitted(schedule: Schedule, stretch: Stretch, state: State, reason: str) -> Iterator[Omit]:
    """The slots of a stretch as one decision, if there are any."""
    last = _last(schedule, stretch) if stretch.since < stretch.until else None
    first = schedule.next_after(stretch.since) if last is not None else None
    if first is not None and last is not None:
        count = schedule.count(stretch.since, stretch.until)
        yield Omit(state=state, first=first.astimezone(UTC), last=last, count=count, reason=reason)


def _last(schedule: Schedule, stretch: Stretch) -> datetime | None:
    """The last slot of a stretch."""
    slot = schedule.previous_before(stretch.until + MOMENT)
    return slot.astimezone(UTC) if slot is not None and slot > stretch.since else None


def _held(whole: Stretch, pause: Pause | None) -> Stretch:
    """The part of the time that a pause covers; empty if there is none."""
    if pause is None:
        return Stretch(whole.until, whole.until)
    ends = whole.until if pause.until is None else pause.until - MOMENT
    since = min(max(whole.since, pause.since - MOMENT), whole.until)
    return Stretch(since, max(since, min(whole.until, ends)))


def _around(whole: Stretch, held: Stretch) -> list[Stretch]:
    return [Stretch(whole.since, held.since), Stretch(held.until, whole.until)]


def _why_missed(job: Job, late: Stretch, now: datetime, first: datetime) -> str:
    if job.catch_up == "all":
        return f"more than max_catch_up = {job.max_catch_up} slots to catch up"
    if job.catch_up == "latest":
        return f'catch_up = "latest" runs {_told(first)} only'
    return f'{short(now - late.until)} late or more; grace is {spell(job.grace)}, catch_up = "skip"'


def _told(slot: datetime) -> str:
    return f"{slot:%Y-%m-%d %H:%M:%S} UTC"


def _begins(decision: Decision) -> datetime:
    return decision.scheduled_for if isinstance(decision, Start) else decision.first

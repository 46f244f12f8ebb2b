"""What is known about one slot of a job: the ledger, the marks, the ticks, the schedule."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import islice

from msgspec import Struct

from jobrunner.config.files import Files
from jobrunner.engine.agenda import pause_of, schedule_of, wherever
from jobrunner.engine.fleet import claim_of, shared
from jobrunner.engine.past.choose import require
from jobrunner.engine.past.rows import Wanted, runs
from jobrunner.engine.past.wait import waits
from jobrunner.engine.past.when import Span
from jobrunner.engine.report.host import of_fleet
from jobrunner.engine.report.origin import Origin, origin
from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.pause import Pause
from jobrunner.model.run import Run, State
from jobrunner.model.schedule import Schedule
from jobrunner.schedule.compose import compose
from jobrunner.schedule.identity import fingerprint
from jobrunner.schedule.union import Instants
from jobrunner.schedule.wall import TICK
from jobrunner.store.base import Store
from jobrunner.store.fleet import Claimed
from jobrunner.store.value import Gap, Mark

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Ticks that are a minute apart leave no gap, a little late or not.
LONGEST = timedelta(seconds=90)
NEWEST = 200  # rows
ASIDE = 3  # runs by hand


class Waiting(Struct, frozen=True):
    """A run that has not begun, or not begun again, and what it waits for."""

    run: Run
    waits: tuple[str, ...]


class Evidence(Struct, frozen=True, kw_only=True):
    """Everything that tells what became of a slot.

    `asked` is the time that was asked for, None for the latest slot; `slot` is the slot there;
    None if there is none.  `row` is what the ledger has.  `job` is None for one that is declared
    no more; `is_current` says whether a tick has seen its schedule as it is now.  `elsewhere` is
    what became of the same slot on other hosts, where each has its own; `aside` are runs that
    wait beside the latest slot, since somebody asked for them.
    """

    name: str
    job: Job | None
    origin: Origin
    zone: tzinfo
    now: datetime
    asked: Span | None
    slot: datetime | None
    nearest: tuple[datetime | None, datetime | None]
    next_at: datetime | None
    row: Run | None
    latest: Run | None
    mark: Mark | None
    is_current: bool
    pause: Pause | None
    gap: Gap | None
    waits: tuple[str, ...]
    age: timedelta
    claimed: Claimed | None = None
    elsewhere: tuple[Run, ...] = ()
    aside: tuple[Waiting, ...] = ()


def gather(
    here: Scene, name: str, asked: Span | None, *, zone: tzinfo, now: datetime, files: Files
) -> Evidence:
    """The evidence on the slot that was asked for, or on the latest one."""
    store = here.store
    job = here.config.jobs.get(require(name, store, here.config.jobs))
    mark = wherever(store.marks()).get((name, ""))
    schedule = _schedule(job, mark, now)
    slot = _slot(schedule, asked, now)
    row = _row(store, name, asked, slot)
    if row is not None and row.scheduled_for is not None and not _covers(row, slot):
        slot = row.scheduled_for
    row, elsewhere = _by_place(store, row, here.seat.host) if row else (None, ())
    pause = pause_of(name, store.health(), now)
    edge = asked or Span(now, now)
    return Evidence(
        name=name,
        job=job,
        origin=origin(job, files) if job else Origin(file=here.config.origin),
        zone=zone,
        now=now,
        asked=asked,
        slot=slot,
        nearest=(schedule.previous_before(edge.first), schedule.next_after(edge.last)),
        next_at=schedule.next_after(now) if job and job.enabled else None,
        row=row,
        latest=next(iter(store.latest([name]).get(name, ())), None),
        mark=mark,
        is_current=bool(job and mark and mark.schedule == fingerprint(job)),
        pause=pause if pause and pause.holds(now) else None,
        gap=_gap(store, slot, now),
        waits=_waits(here, row, now),
        age=here.config.settings.retention.age,
        claimed=claim_of(store, row) if row else None,
        elsewhere=elsewhere,
        aside=tuple(_aside(here, name, row, now)) if asked is None else (),
    )


def _schedule(job: Job | None, mark: Mark | None, now: datetime) -> Schedule:
    if job is None:
        return Instants(())
    if mark is None:
        return compose(job, now)
    return schedule_of(job, mark)


def _slot(schedule: Schedule, asked: Span | None, now: datetime) -> datetime | None:
    """The slot in the time that was asked for, or the latest one."""
    if asked is None:
        return schedule.previous_before(now + TICK)
    slot = schedule.next_after(asked.first - TICK)
    return slot if slot is not None and slot <= asked.last else None


def _row(store: Store, name: str, asked: Span | None, slot: datetime | None) -> Run | None:
    if asked is not None:
        about = asked if slot is None else Span(slot, slot)
        return _about(store, name, about) or _by_hand(store, name, asked)
    latest = runs(store, Wanted(jobs=(name,)), 50)
    if slot is None:
        return next(latest, None)
    # A row beyond the slot is of a schedule that has changed, or of another kind of slot.
    return next((row for row in _with_slot(latest) if _last(row) >= slot), None)


def _with_slot(rows: Iterator[Run]) -> Iterator[Run]:
    """The rows that hold a slot, among the newest ones."""
    return (row for row in islice(rows, NEWEST) if row.scheduled_for is not None)


def _about(store: Store, name: str, span: Span) -> Run | None:
    """The row of a slot in that time: written soon after it as a rule, or by a late tick."""
    for until in (span.last + HOUR, span.last + DAY, None):
        near = Wanted(jobs=(name,), since=span.first - HOUR, until=until)
        for row in runs(store, near):
            begins = row.scheduled_for
            if begins is not None and begins <= span.last and _last(row) >= span.first:
                return row
    return None


def _by_place(store: Store, row: Run, host: str) -> tuple[Run, tuple[Run, ...]]:
    """The row that this host has of the slot, else this one; and those of the other hosts."""
    if not row.place:
        return row, ()
    near = Wanted(jobs=(row.job,), since=row.created_at - HOUR, until=row.created_at + HOUR)
    rows = islice(runs(store, near), NEWEST)
    by_place = {one.place: one for one in rows if one.place and _covers(one, row.scheduled_for)}
    ours = by_place.get(host, row)
    return ours, tuple(by_place[place] for place in sorted(by_place) if place != ours.place)


def _by_hand(store: Store, name: str, span: Span) -> Run | None:
    """The run that somebody asked for in that time."""
    near = Wanted(jobs=(name,), since=span.first, until=span.last + TICK)
    return next((row for row in runs(store, near) if row.scheduled_for is None), None)


def _last(row: Run) -> datetime:
    last = row.slots_until or row.scheduled_for
    assert last is not None
    return last


def _covers(row: Run, slot: datetime | None) -> bool:
    begins = row.scheduled_for
    return slot is not None and begins is not None and begins <= slot <= _last(row)


def _gap(store: Store, slot: datetime | None, now: datetime) -> Gap | None:
    """The time without ticks that the slot fell into."""
    if slot is None or slot > now:
        return None
    gaps = store.gaps(slot, now, LONGEST)
    return next((gap for gap in gaps if gap.since < slot <= gap.until), None)


def _aside(here: Scene, name: str, row: Run | None, now: datetime) -> Iterator[Waiting]:
    """The runs of the job that were asked for and wait; that of the slot tells of itself."""
    live = (run for run in here.store.live() if run.job == name and run.scheduled_for is None)
    waiting = (run for run in live if run.state in {State.QUEUED, State.RETRYING})
    for run in islice((run for run in waiting if row is None or run.id != row.id), ASIDE):
        yield Waiting(run, _waits(here, run, now))


def _waits(here: Scene, row: Run | None, now: datetime) -> tuple[str, ...]:
    job = here.config.jobs.get(row.job) if row else None
    if row is None or job is None:
        return ()
    fleet = shared(here.store) if row.state.is_live else None
    hosts = of_fleet(fleet, here.config.cluster).hosts if fleet else None
    return tuple(waits(row, job, here.store.live(), here.config, now, hosts=hosts))

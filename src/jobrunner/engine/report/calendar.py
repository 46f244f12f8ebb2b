"""The days of a week or month: what became of the slots of each, and which are to come."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from heapq import nsmallest

from msgspec import Struct

from jobrunner.engine.agenda import pause_of
from jobrunner.engine.figures.load import schedules_of
from jobrunner.engine.report.chart import DaySum, sum_of
from jobrunner.engine.report.dayplan import plan_days
from jobrunner.engine.report.daysum import EPOCH, Sums, day_sums
from jobrunner.engine.report.search import Sees, visible
from jobrunner.engine.report.standing import Standing, standing
from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.run import State
from jobrunner.schedule.wall import midnight
from jobrunner.store.base import Store

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
SHOWN = 12  # jobs of a day
# Of so few jobs all is told, on the days of the zone; of more only what went wrong, on days of UTC.
FEW = 50
MOST = 5_000  # rows, each of which is put on its day
NOTHING = DaySum(0, 0, 0)


class DayOfJob(Struct, frozen=True, kw_only=True):
    """A job on one day: what ended, and how many slots are to come, from `first_at` on."""

    job: str
    past: DaySum
    slots: int
    first_at: datetime | None


class Day(Struct, frozen=True, kw_only=True):
    """All jobs on one day, and those that tell most: where it went wrong, then with few slots.

    `more` jobs have something on that day, too.
    """

    day: date
    past: DaySum
    slots: int
    jobs: tuple[DayOfJob, ...]
    more: int


class Calendar(Struct, frozen=True, kw_only=True):
    """Some days; unless they `are_local`, what is past is counted by days of UTC."""

    days: tuple[Day, ...]
    are_local: bool


class _Past(Struct, frozen=True, kw_only=True):
    """What became of slots: of each job that is told of, and of all of them."""

    of_jobs: Sums
    of_days: Mapping[date, Mapping[State, int]]
    are_local: bool


# The slots of a job on one day as they are compared: of few come first, then the earliest.
_Coming = tuple[int, time, str]


class _Group:
    """Jobs that have slots on the very same days, each as many and at the same time of each."""

    def __init__(self, jobs: Sequence[_Coming]) -> None:
        self.slots = sum(slots for slots, _, _ in jobs)
        self.first = sorted(jobs)
        self.jobs = {job: (slots, at) for slots, at, job in jobs}


def see_calendar(
    scene: Scene,
    now: datetime,
    first: date,
    last: date,
    zone: tzinfo,
    *,
    sees: Sees | None = None,
    only: str | None = None,
    shown: int = SHOWN,
) -> Calendar:
    """The days from the first to the last, of the jobs that are seen, or of one of them.

    So many jobs of a day are shown by themselves.
    """
    jobs = visible(scene.config.jobs.values(), sees)
    jobs = [job for job in jobs if only in {None, job.name}]
    are_all = sees is None and only is None
    past = _past(scene.store, jobs, first, last, zone, are_all=are_all)
    begin = max(now, midnight(first, zone) - MOMENT)
    coming = _coming(jobs, standing(scene.store, now), begin, last, zone)
    told: dict[date, list[str]] = defaultdict(list)
    for day, job in past.of_jobs:
        told[day].append(job)
    days = [first + number * DAY for number in range((last - first).days + 1)]
    return Calendar(
        days=tuple(_day(day, past, told[day], coming[day], zone, most=shown) for day in days),
        are_local=past.are_local,
    )


def _day(
    day: date,
    past: _Past,
    told: Sequence[str],
    coming: Sequence[_Group],
    zone: tzinfo,
    *,
    most: int,
) -> Day:
    sums = {job: sum_of(past.of_jobs[day, job]) for job in told}
    shown = nsmallest(most, told, key=lambda job: (-sums[job].failed, -sums[job].idle, job))
    for _, _, job in nsmallest(most, (each for group in coming for each in group.first[:most])):
        if job not in shown and len(shown) < most:
            shown.append(job)
    others = sum(not any(job in group.jobs for group in coming) for job in told)
    return Day(
        day=day,
        past=sum_of(past.of_days.get(day, {})),
        slots=sum(group.slots for group in coming),
        jobs=tuple(_of_job(job, day, sums, coming, zone) for job in shown),
        more=others + sum(len(group.jobs) for group in coming) - len(shown),
    )


def _of_job(
    job: str, day: date, sums: Mapping[str, DaySum], coming: Iterable[_Group], zone: tzinfo
) -> DayOfJob:
    slots, at = next((group.jobs[job] for group in coming if job in group.jobs), (0, None))
    return DayOfJob(
        job=job,
        past=sums.get(job, NOTHING),
        slots=slots,
        first_at=datetime.combine(day, at, zone) if at else None,
    )


def _past(
    store: Store, jobs: Sequence[Job], first: date, last: date, zone: tzinfo, *, are_all: bool
) -> _Past:
    names = [job.name for job in jobs]
    if len(names) <= FEW:
        return _past_of_few(store, names, first, last, zone)
    mine = frozenset(names)
    troubles = [each for each in store.troubles_by_day(first, last) if each[1] in mine]
    of_jobs: dict[tuple[date, str], Counter[State]] = defaultdict(Counter)
    for day, job, state, slots in troubles:
        of_jobs[EPOCH + timedelta(days=day), job][state] += slots
    of_days = store.sums_by_day(first, last, None if are_all else names)
    return _Past(of_jobs=of_jobs, of_days=of_days, are_local=False)


def _past_of_few(
    store: Store, names: Sequence[str], first: date, last: date, zone: tzinfo
) -> _Past:
    """Of jobs with more rows than their share, the days are those of UTC: each has many, alike."""
    tallies = store.tally_by_day(first - DAY, last + DAY, names)
    since, until = midnight(first, zone) - 2 * DAY, midnight(last, zone) + 2 * DAY
    share = MOST // max(1, len(names))
    rows = [store.ended(since, until, share + 1, name) for name in names]
    kept = [row for found in rows if len(found) <= share for row in found]
    sums = day_sums(tallies, kept, zone)
    of_days: dict[date, Counter[State]] = defaultdict(Counter)
    for (day, _), states in sums.items():
        of_days[day].update(states)
    return _Past(of_jobs=sums, of_days=of_days, are_local=True)


def _coming(
    jobs: Iterable[Job], known: Standing, begin: datetime, last: date, zone: tzinfo
) -> Mapping[date, list[_Group]]:
    """The slots that are to come, by day."""
    free = dict(_free(jobs, known, begin))
    schedules = schedules_of([job for job, _ in free.values()], known.marks, begin)
    routines: dict[tuple[date, ...], list[_Coming]] = defaultdict(list)
    others: dict[date, list[_Coming]] = defaultdict(list)
    for name, (_, since) in free.items():
        routine, days = plan_days(schedules[name], since, last, zone)
        if routine:
            routines[routine.days].append((routine.slots, routine.first, name))
        for each in days:
            others[each.day].append((each.slots, each.first, name))
    found: dict[date, list[_Group]] = defaultdict(list)
    for same, members in routines.items():
        group = _Group(members)
        for day in same:
            found[day].append(group)
    for day, members in others.items():
        found[day].append(_Group(members))
    return found


def _free(
    jobs: Iterable[Job], known: Standing, begin: datetime
) -> Iterator[tuple[str, tuple[Job, datetime]]]:
    """The jobs that have slots to come, and from when on: those in a pause are none."""
    for job in jobs:
        if not job.enabled:
            continue
        if not known.holds(job.name):
            yield job.name, (job, begin)
            continue
        pause = pause_of(job.name, known.health, known.at)
        if pause and pause.until:
            yield job.name, (job, max(begin, pause.until - MOMENT))

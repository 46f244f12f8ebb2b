"""The time ahead: how many runs at once, where they meet, which minutes are full."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median

from msgspec import Struct

from jobrunner.engine.agenda import schedule_of, wherever
from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.schedule import Schedule
from jobrunner.model.settings import Config
from jobrunner.policy.crowd import Planned, clashes, gap, peaks, quieter
from jobrunner.schedule.compose import compose
from jobrunner.schedule.identity import fingerprint
from jobrunner.schedule.jitter import jitter
from jobrunner.store.base import Store
from jobrunner.store.value import Mark, Subjects

HOUR = timedelta(hours=1)
# What a run is thought to take that was never measured, and at least.
SHORTEST = 1.0
MEASURED = timedelta(days=30)
# So many slots are gone through, a second's work; who has more is taken to run all the time.
MOST_SLOTS = 200_000
# So many jobs in one minute are too many to be meant.
CROWD = 4
OF_A_DAY = 24 * 60
SHOWN_CROWDS = 5
# What comes of a job that takes longer than the time to its next slot, by its overlap.
MEANS = {
    "skip": "slots will be skipped",
    "queue": "it will be later and later",
    "allow": "runs will pile up beside one another",
    "replace": "runs will be stopped before they end",
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Weekday(Struct, frozen=True):
    """The most runs at once in each hour of the day; None for an hour that is not looked at."""

    name: str
    hours: tuple[int | None, ...]


class Tight(Struct, frozen=True, kw_only=True):
    """A job whose runs usually take longer than the time to its next slot."""

    job: str
    usual_seconds: float
    gap_seconds: float
    overlap: str


class Meeting(Struct, frozen=True, kw_only=True):
    """A job that is due while another one, or as many as may, have what it needs.

    It `waits`, or else that slot is skipped.
    """

    job: str
    by: str
    over: str
    waits: bool
    first_at: datetime
    times: int


class Crowd(Struct, frozen=True, kw_only=True):
    """A minute of the day in which many jobs start, and one in which fewer do."""

    minute: str
    jobs: tuple[str, ...]
    quieter: str
    quieter_starts: int


class Load(Struct, frozen=True, kw_only=True):
    """The time from `since` to `until`, as the usual times of the last 30 days let expect it.

    `minutes` are the most starts at once in each minute of the hour.  `unmeasured` jobs have no
    usual time yet; `steady` ones have too many slots to go through, and count as always running.
    """

    since: datetime
    until: datetime
    timezone: str
    slots: int
    weekdays: tuple[Weekday, ...]
    minutes: tuple[int, ...]
    tight: tuple[Tight, ...]
    meetings: tuple[Meeting, ...]
    crowds: tuple[Crowd, ...]
    unmeasured: tuple[str, ...]
    steady: tuple[str, ...]


class Outlook(Struct, frozen=True, kw_only=True):
    """The planned runs of jobs, when nothing keeps any of them waiting."""

    runs: Sequence[Planned]
    usual: Mapping[str, float]
    steady: Sequence[str]
    declared: Mapping[str, Job]


def see_load(here: Scene, now: datetime, within: timedelta, zone: tzinfo, name: str) -> Load:
    """What is planned within so long, in the hours of that zone."""
    jobs = {name: job for name, job in here.config.jobs.items() if job.enabled}
    schedules = schedules_of(jobs.values(), wherever(here.store.marks()), now)
    ahead = look_ahead(jobs, schedules, usual_times(here.store, now), now, within)
    until = now + within
    starts = starting(ahead.runs)
    planned = {run.job for run in ahead.runs}
    return Load(
        since=now.astimezone(zone),
        until=until.astimezone(zone),
        timezone=name,
        slots=len(ahead.runs),
        weekdays=_weekdays(ahead, now, until, zone),
        minutes=_minutes(starts, zone),
        tight=tuple(_tight(ahead)),
        meetings=tuple(_meetings(ahead, here.config, zone)),
        crowds=tuple(crowds(starts, zone))[:SHOWN_CROWDS],
        unmeasured=tuple(job for job in ahead.declared if job in planned - ahead.usual.keys()),
        steady=tuple(ahead.steady),
    )


def look_ahead(
    jobs: Mapping[str, Job],
    schedules: Mapping[str, Schedule],
    usual: Mapping[str, float],
    now: datetime,
    within: timedelta,
) -> Outlook:
    """Every slot of that time as a run of its usual length."""
    until = now + within
    counts = {name: schedule.count(now, until) for name, schedule in schedules.items()}
    runs: list[Planned] = []
    steady: list[str] = []
    for name in sorted(counts, key=lambda job: counts[job]):
        if len(runs) + counts[name] > MOST_SLOTS:
            steady.append(name)
        else:
            slots = schedules[name].between(now, until)
            runs += _planned(jobs[name], slots, usual.get(name, SHORTEST))
    return Outlook(runs=runs, usual=usual, steady=steady, declared=jobs)


def usual_times(store: Store, now: datetime, job: Subjects = None) -> dict[str, float]:
    """What a success of each job, of one, or of some takes by the median of the last days.

    In seconds.
    """
    figures = store.statistics(now - MEASURED, job)
    return {one.job: one.p50.total_seconds() for one in figures if one.p50 is not None}


def schedules_of(
    jobs: Iterable[Job], marks: Mapping[tuple[str, str], Mark], now: datetime
) -> dict[str, Schedule]:
    """The slots to come, as the next look at each job counts them."""
    found = {}
    for job in jobs:
        mark = marks.get((job.name, ""))
        is_same = mark is not None and mark.schedule == fingerprint(job)
        found[job.name] = schedule_of(job, mark) if mark and is_same else compose(job, now)
    return found


def _planned(job: Job, slots: Iterable[datetime], usual: float) -> Iterator[Planned]:
    for slot in slots:
        late = jitter(job.jitter, job.name, slot).total_seconds() if job.jitter else 0.0
        begins = slot.timestamp() + late
        yield Planned(begins, begins + max(usual, SHORTEST), job.name)


# -- how many at once


def _weekdays(ahead: Outlook, now: datetime, until: datetime, zone: tzinfo) -> tuple[Weekday, ...]:
    first = now.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    edges = [first + number * HOUR for number in range(-((first - until) // HOUR) + 1)]
    most: dict[tuple[int, int], int] = {}
    for edge, peak in zip(edges, peaks(ahead.runs, [e.timestamp() for e in edges]), strict=False):
        there = edge.astimezone(zone)
        key = there.weekday(), there.hour
        most[key] = max(most.get(key, 0), peak + len(ahead.steady))
    return tuple(
        Weekday(name, tuple(most.get((number, hour)) for hour in range(24)))
        for number, name in enumerate(WEEKDAYS)
    )


def starting(runs: Iterable[Planned]) -> dict[int, list[str]]:
    """The jobs that start in each minute, by the seconds at which it begins."""
    found: dict[int, list[str]] = defaultdict(list)
    for run in runs:
        minute = int(run.begins // 60) * 60
        if run.job not in found[minute][-1:]:
            found[minute].append(run.job)
    return found


def _minutes(starts: Mapping[int, Sequence[str]], zone: tzinfo) -> tuple[int, ...]:
    most = [0] * 60
    for minute, jobs in starts.items():
        of_hour = datetime.fromtimestamp(minute, zone).minute
        most[of_hour] = max(most[of_hour], len(jobs))
    return tuple(most)


# -- where they meet


def _tight(ahead: Outlook) -> Iterator[Tight]:
    begins: dict[str, list[float]] = defaultdict(list)
    for run in ahead.runs:
        begins[run.job].append(run.begins)
    for name, job in ahead.declared.items():
        usual, between = ahead.usual.get(name), gap(begins[name])
        if usual is not None and between is not None and usual > between:
            yield Tight(job=name, usual_seconds=usual, gap_seconds=between, overlap=job.overlap)


def _meetings(ahead: Outlook, config: Config, zone: tzinfo) -> Iterator[Meeting]:
    for over, names, room in _rooms(ahead.declared.values(), config):
        for clash in clashes((run for run in ahead.runs if run.job in names), room):
            yield Meeting(
                job=clash.job,
                by=clash.by,
                over=over,
                waits=not over.startswith("lock") or ahead.declared[clash.job].overlap != "skip",
                first_at=datetime.fromtimestamp(clash.first, zone),
                times=clash.times,
            )


def _rooms(jobs: Iterable[Job], config: Config) -> Iterator[tuple[str, set[str], int]]:
    """What several jobs share: each lock, each pool, the host; and for how many there is room."""
    declared = list(jobs)
    locks = dict.fromkeys(job.lock for job in declared if job.lock)
    for lock in locks:
        yield f'lock "{lock}"', {job.name for job in declared if job.lock == lock}, 1
    for pool, room in config.pools.items():
        yield f'pool "{pool}"', {job.name for job in declared if job.pool == pool}, room
    if config.settings.max_parallel:
        yield "max_parallel", {job.name for job in declared}, config.settings.max_parallel


def crowds(starts: Mapping[int, Sequence[str]], zone: tzinfo) -> list[Crowd]:
    """The fullest minutes of the day, the fullest first, each with a quieter one after it.

    Where most minutes are as full as that, none is; and of those that start the same jobs, as every
    hour does for some, one tells enough.
    """
    most: dict[int, Sequence[str]] = {}
    for minute, jobs in starts.items():
        there = datetime.fromtimestamp(minute, zone)
        of_day = 60 * there.hour + there.minute
        if len(jobs) > len(most.get(of_day, ())):
            most[of_day] = jobs
    counts = Counter({of_day: len(jobs) for of_day, jobs in most.items()})
    usual = median(counts[of_day] for of_day in range(OF_A_DAY))
    full = [of_day for of_day, number in counts.items() if number >= max(CROWD, 2 * usual)]
    full.sort(key=lambda of_day: (-counts[of_day], of_day))
    told: dict[int, set[str]] = {}
    for of_day in full:
        if not any(set(most[of_day]) <= jobs for jobs in told.values()):
            told[of_day] = set(most[of_day])
    return [_crowd(of_day, sorted(jobs), counts) for of_day, jobs in told.items()]


def _crowd(of_day: int, jobs: Sequence[str], counts: Mapping[int, int]) -> Crowd:
    other = quieter(of_day, counts)
    return Crowd(
        minute=_clock(of_day),
        jobs=tuple(jobs),
        quieter=_clock(other),
        quieter_starts=counts.get(other, 0),
    )


def _clock(of_day: int) -> str:
    return f"{of_day // 60:02}:{of_day % 60:02}"

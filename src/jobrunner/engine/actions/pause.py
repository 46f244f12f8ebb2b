"""Holds jobs still and lets them go on: state in the ledger, never an edit of jobs.toml."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from jobrunner.engine.actions import ask
from jobrunner.engine.agenda import schedule_of, wherever
from jobrunner.engine.scene import Scene
from jobrunner.errors import UnknownError
from jobrunner.model.job import Job
from jobrunner.model.pause import Pause
from jobrunner.schedule.compose import compose
from jobrunner.store.value import EVERY_JOB, Health, Mark

FEW = 3
LONG = timedelta(minutes=10)


class Held(Struct, frozen=True, kw_only=True):
    """A job, or every one, that is held still from now on.

    `before` is the pause that was in force, `slots` are the first planned ones that fall into the
    new one and `count` is how many do; of a pause without an end only the first is looked for.
    """

    job: str
    before: Pause | None
    pause: Pause
    slots: tuple[datetime, ...]
    count: int

    @property
    def is_new(self) -> bool:
        """Whether anything has changed."""
        before = self.before
        return before is None or (before.until, before.reason) != (
            self.pause.until,
            self.pause.reason,
        )


class Freed(Struct, frozen=True, kw_only=True):
    """A job, or every one, that goes on; `before` is None if nothing held it.

    `others` is the pause of every job, where that still holds this one.
    """

    job: str
    before: Pause | None
    others: Pause | None = None
    next_at: datetime | None = None


def chosen(scene: Scene, names: Sequence[str], tags: Sequence[str], *, every: bool) -> list[str]:
    """The jobs that are meant: by name, by tag, or all as one.

    A name that is in no file is known if it has a history: `exec` gave it one.
    """
    if every:
        return [EVERY_JOB]
    for name in names:
        if name not in scene.config.jobs and not scene.store.latest([name]):
            ask.known(scene, name)
    tagged = [job.name for job in scene.config.jobs.values() if set(tags) & set(job.tags)]
    if tags and not tagged:
        raise UnknownError(f"no job has the tag {', '.join(tags)}.")
    return list(dict.fromkeys([*names, *tagged]))


def end_of(length: timedelta, now: datetime) -> datetime:
    """The end of a pause of some length, without the seconds at which it happened to begin."""
    end = now + length
    return end if length < LONG else end.replace(second=0, microsecond=0)


def pause(scene: Scene, names: Iterable[str], wanted: Pause) -> list[Held]:
    """Hold each of these still; what is held the same way already stays as it is."""
    health, marks = scene.store.health(), wherever(scene.store.marks())
    held = [_held(scene, name, wanted, (health, marks)) for name in names]
    for each in held:
        if each.is_new:
            scene.store.pause(each.job, wanted)
    return held


def resume(scene: Scene, names: Iterable[str], now: datetime) -> list[Freed]:
    """Let each of these go on; every job means the pause of all, and each single one."""
    health, marks = scene.store.health(), wherever(scene.store.marks())
    wanted = list(names)
    if wanted == [EVERY_JOB]:
        wanted += [name for name in health if name != EVERY_JOB and _pause(health, name, now)]
    rest = _pause(health, EVERY_JOB, now) if EVERY_JOB not in wanted else None
    freed = [_freed(scene, name, now, (health, marks), rest) for name in wanted]
    for each in freed:
        # One that is over by itself is taken away too: nobody wants to read of it again.
        if (known := health.get(each.job)) and known.pause:
            scene.store.pause(each.job, None)
    return freed


Known = tuple[Mapping[str, Health], Mapping[tuple[str, str], Mark]]


def _held(scene: Scene, name: str, wanted: Pause, known: Known) -> Held:
    health, marks = known
    slots: list[datetime] = []
    count = 0
    for job in _jobs(scene, name):
        found, number = _falling(job, marks, wanted)
        slots += found
        count += number
    return Held(
        job=name,
        before=_pause(health, name, wanted.since),
        pause=wanted,
        slots=tuple(sorted(slots)[:FEW]),
        count=count,
    )


def _freed(scene: Scene, name: str, now: datetime, known: Known, others: Pause | None) -> Freed:
    health, marks = known
    slots = [_next(job, marks, now) for job in _jobs(scene, name)]
    return Freed(
        job=name,
        before=_pause(health, name, now),
        others=others,
        next_at=min((slot for slot in slots if slot), default=None),
    )


def _pause(health: Mapping[str, Health], name: str, now: datetime) -> Pause | None:
    found = health[name].pause if name in health else None
    return found if found and found.holds(now) else None


def _jobs(scene: Scene, name: str) -> list[Job]:
    jobs = scene.config.jobs
    wanted = jobs.values() if name == EVERY_JOB else [jobs[name]] if name in jobs else []
    return [job for job in wanted if job.enabled]


def _falling(
    job: Job, marks: Mapping[tuple[str, str], Mark], wanted: Pause
) -> tuple[list[datetime], int]:
    """The first slots of a job that fall into a pause, and how many do."""
    if wanted.until is None:
        slot = _next(job, marks, wanted.since)
        return ([slot], 1) if slot else ([], 0)
    mark = marks.get((job.name, ""))
    schedule = schedule_of(job, mark) if mark else compose(job, wanted.since)
    slots = islice(schedule.between(wanted.since, wanted.until), FEW)
    return list(slots), schedule.count(wanted.since, wanted.until)


def _next(job: Job, marks: Mapping[tuple[str, str], Mark], now: datetime) -> datetime | None:
    mark = marks.get((job.name, ""))
    return (schedule_of(job, mark) if mark else compose(job, now)).next_after(now)

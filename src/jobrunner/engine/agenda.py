"""What the slots of all jobs come to at one look at the clock."""

from collections.abc import Collection, Hashable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.model.decision import Look, Route
from jobrunner.model.job import Job
from jobrunner.model.pause import Pause
from jobrunner.model.schedule import Schedule
from jobrunner.policy import placement
from jobrunner.policy.due import SMALL_STEP, look_until, plan, set_aside
from jobrunner.schedule.compose import compose, last_instant
from jobrunner.schedule.identity import fingerprint
from jobrunner.schedule.union import Instants
from jobrunner.store.value import EVERY_JOB, Health, Mark
from jobrunner.words import listed

Marks = Mapping[tuple[str, str], Mark]


class Ends(Struct, frozen=True):
    """For jobs whose next slot counts from an end: who is live, and when the others ended.

    By job and place, as marks are.
    """

    live: Collection[tuple[str, str]] = ()
    ended: Mapping[tuple[str, str], datetime] = {}


class Seat(Struct, frozen=True, kw_only=True):
    """From where is looked: a host's name and labels, and whether others share the ledger.

    From a seat without a name every job is in its place.  What was looked at no longer ago than
    `fresh` is known to a host that is awake, whether others have heard of it or not.
    """

    host: str = ""
    labels: tuple[str, ...] = ()
    is_shared: bool = False
    fresh: timedelta = timedelta(seconds=30)

    def fits(self, job: Job) -> bool:
        return not self.host or placement.fits(job, self.host, self.labels)


ANYWHERE = Seat()


class Agenda:
    """The jobs of one configuration, with what is asked of them at every look.

    `is_disputed` says that other hosts go by another configuration just now.  What they know of
    jobs that are one for all is left alone then: the schedule in force stays until all agree, so
    that no slot is lost between two.
    """

    def __init__(self, jobs: Mapping[str, Job], seat: Seat = ANYWHERE) -> None:
        self.jobs = jobs
        self.is_disputed = False
        self._seat = seat
        self._prints = {name: fingerprint(job) for name, job in jobs.items()}
        self._decided: dict[Hashable, Look] = {}  # at this look
        self._from_end = [job for job in jobs.values() if job.every_from == "end" and job.every]

    @property
    def is_shared(self) -> bool:
        """Whether other hosts see to the same ledger."""
        return self._seat.is_shared

    @property
    def has_ends(self) -> bool:
        """Whether slots may follow from ends, so that every mark matters at every look."""
        return bool(self._from_end)

    def due_looks(self, marks: Marks, health: Mapping[str, Health], now: datetime) -> list[Look]:
        """The same for some marks alone: every job was looked at before, and no other is due."""
        self._decided.clear()
        looks = (
            *(self._look(self.jobs[job], marks, health, now) for job in self._declared(marks)),
            *(self._gone(mark, now) for mark in marks.values()),
        )
        return [look for look in looks if look]

    def looks(
        self, marks: Marks, health: Mapping[str, Health], now: datetime, ends: Ends | None = None
    ) -> list[Look]:
        """A look at each job that needs one now.

        1. Jobs that were never looked at, or have another schedule, begin anew.
        2. Jobs with a slot that came due since their mark have it decided.
        3. A mark that a wrong clock has set too far ahead is taken back.
        4. Jobs that are gone come due no more.
        """
        self._decided.clear()
        seen_to = (job for job in self.jobs.values() if self.place(job) is not None)
        looks = [look for job in seen_to if (look := self._look(job, marks, health, now))]
        looks += [look for mark in marks.values() if (look := self._gone(mark, now))]
        if ends is not None:
            looks += self._again(marks, ends, now)
        return looks

    def next_slot(self, marks: Marks, now: datetime) -> datetime | None:
        """The earliest slot that is for this host to see to."""
        ours = (mark for mark in marks.values() if self._minds(mark, now))
        return min((mark.next_at for mark in ours if mark.next_at), default=None)

    def place(self, job: Job) -> str | None:
        """Under which place its slots are seen to here; None if that is for other hosts alone."""
        if not self._seat.is_shared or job.on == "one":
            return ""
        return self._seat.host if self._seat.fits(job) else None

    def misplaced(self, job: Job) -> str:
        """Why this host does not run the job, where no other one could do so for it; else ''."""
        is_routed = self._seat.is_shared and job.on == "one"
        if is_routed or self._seat.fits(job):
            return ""
        lacking = [label for label in job.labels if label not in self._seat.labels]
        without = f", without {listed(lacking)}" if lacking else ""
        return f"placed on {placement.told(job)}; this host is {self._seat.host}{without}"

    def route(self, job: Job) -> Route | None:
        """How its runs come to whichever host takes them; None if they are this host's."""
        if not self._seat.is_shared or job.on == "every":
            return None
        return Route(placement.route(job), job.priority)

    def is_fresh(self, at: datetime, now: datetime) -> bool:
        """Whether what was done then may be by a configuration of which nobody has heard yet."""
        return self._seat.is_shared and now - at < self._seat.fresh

    def _declared(self, marks: Marks) -> Iterator[str]:
        """The jobs of these marks that are to be seen to here."""
        return (
            job for job, place in marks if job in self.jobs and self.place(self.jobs[job]) == place
        )

    def _minds(self, mark: Mark, now: datetime) -> bool:
        """Whether this host would see to a mark that is due."""
        if mark.place and mark.place != self._seat.host and self._seat.is_shared:
            return False
        is_ours = mark.schedule == self._prints.get(mark.job)
        return is_ours or not self._is_left(mark, now)

    def _is_left(self, mark: Mark, now: datetime) -> bool:
        """Whether a mark that is not as ours would be is that of a host that knows better."""
        if mark.place or not mark.schedule or not self._seat.is_shared:
            return False
        is_unknown = mark.job not in self.jobs
        return self.is_disputed or (is_unknown and self.is_fresh(mark.looked_at, now))

    def _look(
        self, job: Job, marks: Marks, health: Mapping[str, Health], now: datetime
    ) -> Look | None:
        mark = marks.get((job.name, self.place(job) or ""))
        if mark is None:
            return self._first(job, None, now)
        if mark.schedule != self._prints[job.name]:
            return None if self._is_left(mark, now) else self._first(job, mark, now)
        is_due = mark.next_at is not None and mark.next_at <= now
        is_ahead = mark.looked_at - SMALL_STEP > now
        return (
            self._decide(job, mark, pause_of(job.name, health, now), now)
            if is_due | is_ahead
            else None
        )

    def _first(self, job: Job, mark: Mark | None, now: datetime) -> Look:
        schedule = compose(job, mark.first_seen_at if mark else now)
        return Look(
            job=job.name,
            place=self.place(job) or "",
            since=mark.looked_at if mark else None,
            until=now,
            next_at=self._next(job, schedule, now) or _first_from_end(job, now),
            schedule=self._prints[job.name],
        )

    def _decide(self, job: Job, mark: Mark, pause: Pause | None, now: datetime) -> Look:
        """The decisions of a job; of many that are due together most are alike but for the name."""
        key = self.misplaced(job), _alike(job, mark, pause)
        if key not in self._decided:
            self._decided[key] = self._decided_anew(job, mark, pause, now)
        place, route = self.place(job) or "", self.route(job)
        return replace(self._decided[key], job=job.name, place=place, route=route)

    def _decided_anew(self, job: Job, mark: Mark, pause: Pause | None, now: datetime) -> Look:
        until = look_until(mark.looked_at, now)
        schedule, reason = schedule_of(job, mark), self.misplaced(job)
        return Look(
            job=job.name,
            since=mark.looked_at,
            until=until,
            next_at=self._next(job, schedule, until),
            schedule=mark.schedule,
            decisions=set_aside(job, schedule, mark.looked_at, until, reason)
            if reason
            else plan(job, schedule, mark.looked_at, until, pause),
        )

    def _next(self, job: Job, schedule: Schedule, after: datetime) -> datetime | None:
        slot = schedule.next_after(after) if job.enabled else None
        return slot.astimezone(UTC) if slot else None

    def _gone(self, mark: Mark, now: datetime) -> Look | None:
        if mark.next_at is None or self._is_kept(mark) or not self._minds(mark, now):
            return None
        until = mark.looked_at
        return Look(
            job=mark.job, place=mark.place, since=until, until=until, next_at=None, schedule=""
        )

    def _is_kept(self, mark: Mark) -> bool:
        """Whether a job has its slots under this place."""
        job = self.jobs.get(mark.job)
        return job is not None and self.place(job) == mark.place

    def _again(self, marks: Marks, ends: Ends, now: datetime) -> Iterator[Look]:
        """The next slot of each job that waits for the end of its last run, which has come."""
        for job in self._from_end:
            key = job.name, self.place(job) or ""
            mark = marks.get(key) if self.place(job) is not None else None
            waits = mark and mark.next_at is None and mark.schedule == self._prints[job.name]
            if mark and waits and job.enabled and key not in ends.live:
                assert job.every is not None
                yield asked_for(job, mark, ends.ended.get(key, now) + job.every)


def looks(
    jobs: Mapping[str, Job],
    marks: Marks,
    health: Mapping[str, Health],
    now: datetime,
    seat: Seat = ANYWHERE,
) -> list[Look]:
    """What one look at the clock would decide."""
    return Agenda(jobs, seat).looks(marks, health, now)


def wherever(marks: Marks) -> dict[tuple[str, str], Mark]:
    """The marks of jobs, for who asks about no place: of a job that has several the freshest one.

    One of a job that is in no file, or in its place no more, has no schedule.
    """
    found = {key: mark for key, mark in marks.items() if not key[1]}
    for (job, place), mark in marks.items():
        other = found.get((job, ""))
        if place and (other is None or _freshness(mark) > _freshness(other)):
            found[job, ""] = mark
    return found


def _freshness(mark: Mark) -> tuple[bool, datetime]:
    return bool(mark.schedule), mark.looked_at


def has_own_schedule(job: Job) -> bool:
    """Whether its slots follow from jobs.toml alone, not from how its runs end."""
    is_steady = job.every is not None and job.every_from == "start"
    return bool(job.cron or job.at or job.schedules or is_steady)


def _alike(job: Job, mark: Mark, pause: Pause | None) -> Hashable:
    """What tells its decisions from those of another job: little, unless they follow its name."""
    is_own = job.jitter or job.schedules or any("H" in each for each in job.cron)
    if is_own or not has_own_schedule(job):
        return job.name
    since = mark.looked_at, mark.first_seen_at
    return mark.schedule, since, job.grace, job.catch_up, job.max_catch_up, pause


def asked_for(job: Job, mark: Mark, at: datetime) -> Look:
    """The look that sets the next slot of a job without a schedule of its own."""
    return Look(
        job=job.name,
        place=mark.place,
        since=mark.looked_at,
        until=mark.looked_at,
        next_at=at if job.end is None or at <= last_instant(job.end, job.timezone.info) else None,
        schedule=mark.schedule,
    )


def schedule_of(job: Job, mark: Mark) -> Schedule:
    """The job's schedule; without one of its own, the one slot that it waits for."""
    if has_own_schedule(job):
        return compose(job, mark.first_seen_at)
    return Instants((mark.next_at,) if mark.next_at else ())


def _first_from_end(job: Job, now: datetime) -> datetime | None:
    is_from_end = job.enabled and job.every is not None and job.every_from == "end"
    return now + max(job.every, job.initial_delay) if is_from_end and job.every else None


def pause_of(job: str, health: Mapping[str, Health], now: datetime) -> Pause | None:
    """The pause that holds the job: its own, or that of every job; else the last one that did."""
    found = [health[name].pause for name in (job, EVERY_JOB) if name in health]
    pauses = [pause for pause in found if pause]
    return next((pause for pause in pauses if pause.holds(now)), pauses[0] if pauses else None)

"""Which of the runs that wait begin now, which are left out, and which go on waiting."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.model.run import State
from jobrunner.policy.instant import at_a_glance
from jobrunner.policy.place import Busy, Floor
from jobrunner.policy.waiting import Waiting
from jobrunner.words import spell


class Begin(Struct, frozen=True):
    """The run's next attempt begins."""

    run_id: int


class Leave(Struct, frozen=True):
    """The run ends without another attempt: skipped; failed if it had attempts already."""

    run_id: int
    state: State
    reason: str


class Replace(Struct, frozen=True):
    """These runs are to be stopped; the run goes on waiting until they are gone."""

    run_id: int
    stops: tuple[int, ...]


class Wait(Struct, frozen=True):
    """The run goes on waiting."""


Verdict = Begin | Leave | Replace
WAIT = Wait()


def admit(
    waiting: Collection[Waiting],
    busy: Iterable[Busy],
    *,
    max_parallel: int,
    pools: Mapping[str, int],
    now: datetime,
    stopping: Collection[int] = (),
) -> list[Verdict]:
    """What becomes of the runs that are ready; those without a verdict wait.

    1. Higher priority comes first, then who was ready first.  Who has to wait keeps nobody out.
    2. Other runs of the same job are in the way as `overlap` says, those between two attempts too.
    3. A run needs a place on the host (`max_parallel`, 0 is no limit), its lock and one in its
       pool.  For a lock that another job holds it waits, unless it is to skip.
    4. Who finds no place before `queue_timeout` is over is left out.

    `stopping` are the runs that are being stopped already; each is told to be stopped once.
    """
    floor = Floor(max_parallel=max_parallel, pools=pools)
    resting = (Busy(each.run, each.job) for each in waiting if each.run.attempts)
    going = {one.run.id: one for one in (*resting, *busy)}
    floor.admit(going[run] for run in sorted(going))
    ready = sorted((each for each in waiting if each.ready_at <= now), key=_turn)
    desk = _Desk(floor, ready, {*stopping}, now)
    return [verdict for each in ready if (verdict := desk.decide(each))]


def next_change(waiting: Iterable[Waiting], now: datetime) -> datetime | None:
    """When time alone changes a verdict: a run gets ready, or has waited enough."""
    moments = (moment for each in waiting for moment in (each.ready_at, each.gives_up_at))
    return min((moment for moment in moments if moment and moment > now), default=None)


def _turn(each: Waiting) -> tuple[int, datetime, int]:
    return -each.job.priority, each.ready_at, each.run.id


def _replacing(ready: Iterable[Waiting]) -> dict[str, dict[bool, Waiting]]:
    """Of each job the last run that is to replace others: one that meets all, one that may not."""
    found: dict[str, dict[bool, Waiting]] = {}
    for each in ready:
        if each.overlap == "replace" and not each.has_begun and not each.is_of_the_past:
            found.setdefault(each.run.job, {})[each.is_made_up_for] = each
    return found


class _Desk:
    """Decides on one run after the other."""

    def __init__(
        self,
        floor: Floor,
        ready: Collection[Waiting],
        stopping: set[int],
        now: datetime,
    ) -> None:
        self._floor = floor
        self._runs = Counter(each.run.job for each in ready)
        self._replacing = _replacing(ready)
        self._stopping = stopping
        self._now = now
        self._first: dict[str, Waiting] = {}  # of each job, who waits to begin

    def decide(self, each: Waiting) -> Verdict | None:
        if (self._floor.is_full and self._meets_nobody(each)) or self._is_to_stop(each):
            return None
        found = None if each.has_begun else self._in_the_way(each)
        if found is None and not self._floor.has_room(each.job):
            found = WAIT
        match found:
            case None:
                return self._begin(each)
            case Wait():
                return self._wait(each)
            case _:
                return found

    def _meets_nobody(self, each: Waiting) -> bool:
        """Whether only a place can be missing: of a thousand that wait for one, it is said fast."""
        name, job = each.run.job, each.job
        return (
            self._runs[name] == 1
            and not (each.has_begun or job.lock or job.queue_timeout)
            and name not in self._replacing
            and not self._floor.count_others(each.run)
        )

    def _begin(self, each: Waiting) -> Begin:
        started_at = each.run.started_at or self._now
        run = replace(each.run, state=State.RUNNING, started_at=started_at)
        self._floor.admit([Busy(run, each.job)])
        return Begin(each.run.id)

    def _wait(self, each: Waiting) -> Leave | None:
        gives_up_at = each.gives_up_at
        if gives_up_at and gives_up_at <= self._now:
            return _too_late(each)
        if each.has_begun or each.is_of_the_past:
            return None
        first = self._first.setdefault(each.run.job, each)
        is_further = first is not each and each.overlap in {"skip", "queue"}
        if is_further and each.met(first.run.created_at):
            return _skip(each, f"another run (#{first.run.id}) waits already")
        return None

    def _in_the_way(self, each: Waiting) -> Leave | Replace | Wait | None:
        """What keeps a run from beginning, but for want of a place."""
        found: Leave | Replace | Wait | None = None
        if each.run.job in self._replacing:
            found = self._replaced(each)
        if found is None and self._floor.count_others(each.run):
            found = self._overlap(each)
        if found is None and each.job.lock and each.overlap == "skip":
            found = self._lock(each)
        return found

    def _is_to_stop(self, each: Waiting) -> bool:
        """Whether it is being stopped, or is about to be for a later run that replaces it."""
        if each.run.id in self._stopping:
            return True
        return each.has_begun and self._later(each, each.run.started_at or self._now) is not None

    def _later(self, each: Waiting, since: datetime) -> Waiting | None:
        """Which run that is not decided yet replaces what was there from `since` on."""
        replacing = self._replacing.get(each.run.job, {})
        return next((later for later in replacing.values() if later.met(since)), None)

    def _replaced(self, each: Waiting) -> Leave | Wait | None:
        """A run that waits makes way for a later one that replaces others."""
        replacing = self._replacing[each.run.job]
        if replacing.get(each.is_made_up_for) is each:
            del replacing[each.is_made_up_for]
        if each.is_of_the_past:
            return WAIT if self._later(each, self._now) else None
        later = self._later(each, each.run.created_at)
        return _skip(each, f"replaced by #{later.run.id} while it waited") if later else None

    def _overlap(self, each: Waiting) -> Leave | Replace | Wait | None:
        if each.overlap == "allow":
            most = each.job.max_instances
            return WAIT if 1 < most <= self._floor.count_others(each.run) else None
        if each.overlap == "queue" or each.is_of_the_past:
            return WAIT  # without asking each of the others: of the past there may be many
        met = (one for one in self._floor.others(each.run) if each.met(one.since(self._now)))
        if each.overlap == "replace":
            return self._stop(each, met)
        first = next(met, None)
        return self._skip_beside(each, first) if first else WAIT

    def _stop(self, each: Waiting, others: Iterable[Busy]) -> Replace | Wait:
        stops = tuple(one.run.id for one in others if one.run.id not in self._stopping)
        self._stopping.update(stops)
        return Replace(each.run.id, stops) if stops else WAIT

    def _skip_beside(self, each: Waiting, one: Busy) -> Leave:
        does = "retrying" if one.run.state is State.RETRYING else "running"
        since = at_a_glance(one.since(self._now), one.job.timezone, self._now)
        return _skip(each, f'still {does} since {since} (#{one.run.id}); overlap = "skip"')

    def _lock(self, each: Waiting) -> Leave | None:
        holder = self._floor.holder(each.job)
        if holder and each.met(holder.since(self._now)):
            reason = f'lock "{each.job.lock}" held by {holder.run.job} #{holder.run.id}'
            return _skip(each, reason)
        return None


def _skip(each: Waiting, reason: str) -> Leave:
    return Leave(each.run.id, State.SKIPPED, reason)


def _too_late(each: Waiting) -> Leave:
    assert each.job.queue_timeout is not None
    reason = f"waited {spell(each.job.queue_timeout)} for a place (queue_timeout)"
    if each.has_begun:
        attempt = each.run.attempts + 1
        return Leave(each.run.id, State.FAILED, f"attempt {attempt} {reason}")
    return _skip(each, reason)

"""Runs a job for each of its past slots, oldest first; what succeeded already is left out."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import DecodeError, Struct
from msgspec.structs import replace

from jobrunner.clock import Clock
from jobrunner.engine import order
from jobrunner.engine.actions import ask
from jobrunner.engine.order import RunOrder
from jobrunner.engine.scene import Scene
from jobrunner.errors import BusyError, UnusableError
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State, Trigger
from jobrunner.model.value import Duration
from jobrunner.schedule.compose import compose
from jobrunner.store.value import Overlap, Request, RunFilter

PACE = 0.05
PAGE = 1000
TICK = timedelta(microseconds=1)
MOST = 100_000
MOST_ENTRUSTED = 1000


class Plan(Struct, frozen=True, kw_only=True):
    """The slots to run, oldest first; how many are done already, and being run or asked for."""

    job: Job
    slots: tuple[datetime, ...]
    done: int
    live: int


class Refused(Struct, frozen=True):
    """A slot whose run the supervisor would not start."""

    slot: datetime
    reason: str


class Finished(Struct, frozen=True):
    """A slot whose run is over."""

    slot: datetime
    run: Run


class Going(Struct, frozen=True):
    """Nothing else is new: the runs that are not over."""

    slots: tuple[datetime, ...]


Event = Refused | Finished | Going


def plan(scene: Scene, name: str, first: datetime, last: datetime, now: datetime) -> Plan:
    """The slots from `first` to `last` that have come already and want a run.

    They are those that the job would have today, had it been there all the time: an interval that
    counts from its first sight counts from `first`.
    """
    job = ask.known(scene, name)
    schedule = compose(replace(job, initial_delay=Duration()), first)
    after, until = first - TICK, min(last, now)
    if until > after and schedule.count(after, until) > MOST:
        raise UnusableError(
            f"{name} has more than {MOST:,} slots in that time: take a shorter one."
        )
    slots = list(schedule.between(after, until))
    done = set(_done(scene, name, first)) if slots else set()
    live = {_slot_of(run) for run in scene.store.live() if run.job == name}
    live |= {_asked_for(request) for request in scene.store.asked(name)}
    wanted = tuple(slot for slot in slots if slot not in done and slot not in live)
    return Plan(
        job=job,
        slots=wanted,
        done=sum(slot in done for slot in slots),
        live=sum(slot in live and slot not in done for slot in slots),
    )


def entrust(scene: Scene, found: Plan, *, parallel: int, by: str, now: datetime) -> list[int]:
    """Ask the supervisor for every slot at once; the numbers of the requests, all kept or none.

    Nobody drives it then: the runs wait for one another, or for one of the `max_instances` of
    their job, which is why no other number can be had.
    """
    job = found.job
    if parallel not in {1, job.max_instances}:
        raise UnusableError(
            f"the supervisor runs one slot of {job.name} after the other, or as many at once as its"
            f" max_instances: {job.max_instances}. For another number: jobrunner backfill"
        )
    if len(found.slots) > MOST_ENTRUSTED:
        raise UnusableError(
            f"{job.name} has {len(found.slots):,} slots to run in that time, and at most"
            f" {MOST_ENTRUSTED:,} are taken at once: take a shorter one."
        )
    requests = [
        Request(
            kind="run",
            job=job.name,
            host=ask.place_of(scene, job),
            arguments=order.encode(_order(slot, parallel)),
            asked_by=by,
            asked_at=now,
        )
        for slot in found.slots
    ]
    return scene.store.ask_all(requests) if requests else []


class Drive:
    """A backfill under way: at most `parallel` runs at once, each asked of the supervisor.

    `stops` says how often the operator has asked to stop: once, and no further slot is begun;
    twice, and what runs is stopped; three times, and nobody waits for it.
    """

    def __init__(self, scene: Scene, job: str, clock: Clock, *, by: str, parallel: int) -> None:
        self._scene = scene
        self._job = job
        self._clock = clock
        self._by = by
        self._parallel = parallel
        self._asked: dict[int, datetime] = {}
        self._going: dict[int, datetime] = {}
        self._stopped: set[int] = set()

    def run(self, slots: Sequence[datetime], stops: Callable[[], int]) -> Iterator[Event]:
        """Everything that happens, up to the end of the last run."""
        waiting = deque(slots)
        while stops() <= 2:  # noqa: PLR2004 - see above
            while waiting and not stops() and len(self._asked) + len(self._going) < self._parallel:
                self._ask(waiting.popleft())
            yield from self._answers()
            if stops() > 1:
                self._stop()
            yield from self._ends()
            if not self._asked and not self._going:
                if not waiting or stops():
                    return
                continue
            yield Going(tuple(sorted([*self._asked.values(), *self._going.values()])))
            self._clock.sleep(PACE)

    def _ask(self, slot: datetime) -> None:
        wanted, now = _order(slot, self._parallel), self._clock.now()
        request = ask.run(self._scene, self._job, wanted, by=self._by, now=now)
        self._asked[request] = slot
        ask.wake(self._scene, self._clock)

    def _answers(self) -> Iterator[Refused]:
        for request, slot in list(self._asked.items()):
            found = self._scene.store.request(request)
            if found is None or found.done is None:
                continue
            del self._asked[request]
            if found.done:
                self._going[int(found.answer)] = slot
            else:
                yield Refused(slot, found.answer)

    def _ends(self) -> Iterator[Finished]:
        for number, slot in list(self._going.items()):
            run = self._scene.store.run(number)
            if run is not None and not run.state.is_live:
                del self._going[number]
                yield Finished(slot, run)

    def _stop(self) -> None:
        for number in self._going.keys() - self._stopped:
            run = self._scene.store.run(number)
            self._stopped.add(number)
            if run is None or not run.state.is_live:
                continue
            try:
                ask.stop(self._scene, run, by=self._by, now=self._clock.now())
            except BusyError:  # it has just ended
                continue
            ask.wake(self._scene, self._clock)


def _order(slot: datetime, parallel: int) -> RunOrder:
    """One at a time waits for a scheduled run that is going; several are meant to overlap."""
    overlap: Overlap = "queue" if parallel == 1 else "allow"
    return RunOrder(trigger=Trigger.BACKFILL, slot_of=slot, overlap=overlap)


def _done(scene: Scene, job: str, first: datetime) -> Iterator[datetime]:
    """The slots that a run succeeded for; no run of a slot is older than the slot."""
    wanted = RunFilter(job=job, states=(State.SUCCESS,), since=first, limit=PAGE)
    while page := scene.store.runs(wanted):
        for run in page:
            slot = _slot_of(run)
            if slot is not None:
                yield slot
        if len(page) < PAGE:
            return
        wanted = replace(wanted, before=page[-1].id)


def _asked_for(request: Request) -> datetime | None:
    """The slot of a run that nobody has begun yet; what cannot be read is refused later."""
    try:
        return order.decode(request.arguments).slot_of
    except DecodeError:
        return None


def _slot_of(run: Run) -> datetime | None:
    return run.scheduled_for or run.slot_of

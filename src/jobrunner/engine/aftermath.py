"""What follows from the end of a run: a chain goes on, a next slot is set."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from jobrunner.engine import result
from jobrunner.engine.agenda import asked_for, has_own_schedule
from jobrunner.engine.crew import Ended
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.record import About, of_run
from jobrunner.errors import StoreError
from jobrunner.model.decision import Look
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State, Trigger
from jobrunner.policy.chain import Follow, follow
from jobrunner.policy.claim import is_elsewhere
from jobrunner.store.value import NewRun, RunFilter

RECENT = 100  # runs of a job among which its end of one slot is looked for


class Aftermath:
    """Draws the consequences of recorded ends.

    Each is a step of its own: one that the ledger cannot take now is taken later, and once.
    """

    def __init__(self, post: Post, lobby: Lobby) -> None:
        self._post = post
        self._lobby = lobby
        self._steps: list[Callable[[], None]] = []
        self.ended: dict[tuple[str, str], datetime] = {}  # by job and place

    @property
    def is_behind(self) -> bool:
        """Whether there are consequences that are not drawn yet."""
        return bool(self._steps)

    def of(self, ends: Iterable[Ended]) -> bool:
        """Draw them, each end on its own; whether a next slot may depend on one."""
        sets_slots = False
        for end in ends:
            run, outcome = end.run, end.outcome
            said = f"{run.job} #{run.id} {outcome.state} {outcome.reason}".rstrip()
            event = "retry" if run.state is State.RETRYING else "end"
            self._post.diary.info(said, of_run(event, run, outcome.duration))
            if run.state is State.RETRYING:
                if not self._post.is_routed(run):
                    self._lobby.put(run)
                continue
            self.ended[run.job, run.place] = outcome.finished_at
            ended = replace(run, result=outcome.result)
            self._steps += [partial(self._set_next, ended), partial(self._continue, ended)]
            sets_slots |= not has_own_schedule(end.job)
        self.go_on()
        return sets_slots

    def left_out(self, runs: Iterable[Run]) -> None:
        """Go on with chains whose slot does not run."""
        self._steps += [partial(self._continue, run) for run in runs if not is_elsewhere(run)]
        self.go_on()

    def repeat(self, runs: Iterable[Run]) -> None:
        """Draw again what follows from ends that a killed supervisor may not have come to."""
        for run in runs:
            self._steps += [partial(self._set_next, run), partial(self._continue, run)]
        self.go_on()

    def go_on(self) -> None:
        """Take every step that can be taken, and those that follow from it."""
        kept: list[Callable[[], None]] = []
        while self._steps:
            step = self._steps.pop(0)
            try:
                step()
            except StoreError as error:
                waits = f"what follows from an end waits: {error}"
                self._post.diary.error(waits, About(event="trouble"))
                kept.append(step)
        self._steps = kept

    def _set_next(self, run: Run) -> None:
        """The slot that a job without a schedule of its own has asked for, once."""
        job, asked = self._post.jobs.get(run.job), result.next_in(run.result)
        if asked is None or job is None or has_own_schedule(job) or not job.enabled:
            return
        mark = self._post.store.marks().get((run.job, run.place))
        assert run.finished_at is not None  # it is over
        if mark is not None and run.finished_at + asked > mark.looked_at:
            self._claim(asked_for(job, mark, run.finished_at + asked))

    def _claim(self, look: Look) -> None:
        post = self._post
        post.store.claim([look], owner=post.owner, host=post.ground.host, now=post.now())

    def _continue(self, run: Run) -> None:
        """Go on with the chains that the run is a link of; what follows already does so once."""
        jobs = self._post.followers.get(run.job)
        if jobs:
            ends = self._ends(run, jobs)
            for each in follow(run, jobs, ends):
                self._steps.append(partial(self._add, each, run, ends))

    def _ends(self, run: Run, jobs: Mapping[str, Job]) -> dict[str, Run]:
        """How the slot of the chain ended for each job that is waited for together with this."""
        slot = run.scheduled_for or run.slot_of
        together = {name for job in jobs.values() for name in job.after}
        ends = {run.job: run}
        if slot is None:
            return ends
        for name in together - {run.job}:
            for each in self._post.store.runs(RunFilter(job=name, limit=RECENT)):
                if _is_of(each, slot, run.place) and not each.state.is_live:
                    ends.setdefault(name, each)
        return ends

    def _add(self, each: Follow, run: Run, ends: Mapping[str, Run]) -> None:
        """Queue the run that follows, or record that it does not."""
        job = self._post.jobs.get(each.job)
        added = self._follower(each, ends) or self._queued(each, run) if job else None
        if job is None or added is None or added.attempts:
            return
        misplaced = self._post.agenda.misplaced(job)
        if not added.state.is_live:
            self._steps.append(partial(self._continue, added))
        elif each.start and not misplaced:
            if added.owner:
                self._lobby.put(added)
        else:
            self._steps.append(partial(self._leave, added, each.reason or misplaced))

    def _follower(self, each: Follow, ends: Mapping[str, Run]) -> Run | None:
        """The run that follows these ends already: it was asked for by one, after all of them."""
        names = {f"{run.job} #{run.id}" for run in ends.values()}
        last = max(run.id for run in ends.values())
        place = next(iter(ends.values())).place  # they are all of one
        wanted = RunFilter(job=each.job, trigger=Trigger.AFTER, limit=RECENT)
        for found in self._post.store.runs(wanted):
            is_of = each.scheduled_for is not None and found.scheduled_for == each.scheduled_for
            if (is_of and found.place == place) or (found.asked_by in names and found.id > last):
                return found
        return None

    def _queued(self, each: Follow, run: Run) -> Run | None:
        """A new one; None if its slot is taken, however that was: a chain has each slot once."""
        post = self._post
        new = NewRun(
            job=each.job,
            trigger=Trigger.AFTER,
            scheduled_for=each.scheduled_for,
            slot_of=each.slot_of,
            place=run.place,
            asked_by=f"{run.job} #{run.id}",
            route=post.route(post.jobs[each.job]),
        )
        return post.store.add(new, owner=post.owner, host=post.ground.host, now=post.now())

    def _leave(self, run: Run, reason: str) -> None:
        left = self._post.withdraw(run, reason)
        if left is not None:
            self._steps.append(partial(self._continue, left))


def _is_of(run: Run, slot: datetime, place: str) -> bool:
    """Whether a run is of this slot of a place: it may be a stretch of many."""
    first = run.scheduled_for or run.slot_of
    is_then = first is not None and first <= slot <= (run.slots_until or first)
    return is_then and run.place == place

"""The runs that wait: for their time, for a place, for another attempt."""

from datetime import datetime, timedelta

from jobrunner.engine.company import Alone, Company
from jobrunner.engine.crew import Crew
from jobrunner.engine.gate import Gate
from jobrunner.engine.padlock import guarded
from jobrunner.engine.post import Post
from jobrunner.engine.tenure import Obstacle
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State, Trigger
from jobrunner.policy.admit import Begin, Leave, Replace, Verdict, admit, next_change
from jobrunner.policy.place import Busy
from jobrunner.policy.waiting import Waiting
from jobrunner.process.descriptor import places
from jobrunner.schedule.jitter import jitter
from jobrunner.store.value import Overlap

DESCRIPTORS = 2  # of an attempt that runs: its keeper and its output
AT_ONCE = 50  # begun before who rings is answered
CROWD = 1000  # that wait here, before others have to have them
AGAIN = timedelta(seconds=1)  # until it is looked again whether a lock outside is let go
ASKED = frozenset({Trigger.MANUAL, Trigger.API, Trigger.RETRY, Trigger.BACKFILL})


class Lobby:
    """Lets runs begin in their order, as soon as there is room."""

    def __init__(self, post: Post, crew: Crew) -> None:
        self.company: Company = Alone()
        self._post = post
        self._crew = crew
        self._gate = Gate(post)
        self._waiting: dict[int, Waiting] = {}
        self._homeless: dict[int, Run] = {}  # of jobs that are in no file any more
        self._left: list[Run] = []
        self._has_more = False  # could begin, and has its turn next
        self._could_begin = 0  # at most so many, of those that wait
        self._is_kept_out = False  # by a lock that somebody outside has
        self._decided_at = post.now()

    @property
    def waiting(self) -> list[Run]:
        return [*(each.run for each in self._waiting.values()), *self._homeless.values()]

    @property
    def room(self) -> int:
        """How many runs more may be put here: those that could begin, not those that may not yet.

        What waits for others to end takes nobody's place, as long as there are not too many.
        """
        if len(self._waiting) >= CROWD:
            return 0
        return max(0, self.most - len(self._crew.numbers) - self._could_begin)

    def put(self, run: Run, overlap: Overlap = "") -> None:
        """Have a run wait; `overlap` is what whoever asked for it wants instead of the job's."""
        job = self._post.jobs.get(run.job)
        if job is None:
            self._homeless[run.id] = run
            return
        self._could_begin += 1
        self._waiting[run.id] = Waiting(
            run=run,
            job=job,
            overlap=overlap or job.overlap,
            ready_at=ready_at(run, job, self._post.now()),
            asked=run.trigger in ASKED,
        )

    def reseat(self) -> None:
        """Have all that wait go by the jobs as they are now."""
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            self.put(each.run, "" if each.overlap == each.job.overlap else each.overlap)

    def next_at(self, now: datetime) -> datetime | None:
        """When time alone lets a run begin, or has it wait no more; it may have come just now."""
        if self._has_more:
            return now
        if self._is_kept_out and self._waiting:  # nothing tells when the lock is let go
            return self._decided_at + AGAIN
        return next_change(self._waiting.values(), min(now, self._decided_at))

    def has_ready(self, now: datetime) -> bool:
        """Whether a run waits for something else than its time."""
        return any(each.ready_at <= now for each in self._waiting.values())

    def forget(self, run: int) -> None:
        """Have a run wait no more that has begun, or is somebody else's."""
        self._waiting.pop(run, None)

    def leave_out(self, run: Run, reason: str, state: State) -> None:
        """End a run of ours that nobody here waits with."""
        self._leave(run, reason, state)

    def stop(self, run: int, reason: str) -> bool:
        """End a run that waits; False if it does not."""
        found = self._waiting.get(run)
        return found is not None and self._dismiss(found.run, reason, State.STOPPED)

    def stop_untaken(self, run: Run, reason: str) -> bool:
        """End a run that waits for whichever host takes it; False if one has."""
        return self._leave(run, reason, State.STOPPED)

    def take_left(self) -> list[Run]:
        """The runs that were left out since this was asked."""
        left, self._left = self._left, []
        return left

    def keep_places(self) -> None:
        """Hold on to what runs have of what all hosts share; who was overtaken is stopped."""
        running = ((each.run, each.job) for each in self._crew.running)
        waiting = ((each.run, each.job) for each in self._waiting.values())
        overtaken = self._post.tenure.see_to(running, waiting, self._post.config)
        for run, by in overtaken.items():
            self._crew.stop(run, by)

    def admit(self) -> None:
        """Begin what can begin, and leave out what is not to wait."""
        for run in [*self._homeless.values()]:
            self._leave(run, "the job is no longer in jobs.toml")
            del self._homeless[run.id]
        now = self._post.now()
        self._has_more = self._is_kept_out = False
        if self._waiting:
            self._decide(now)
        self._could_begin = len(self._waiting) if self._has_more else 0
        self._decided_at = now

    def _decide(self, now: datetime) -> None:
        waiting = self._let_through(now)
        names = {each.job.lock for each in waiting if each.job.lock and each.ready_at <= now}
        with (
            guarded(sorted(names), self._post) as outside,
            self.company.turnstile(waiting) as elsewhere,
        ):
            self._is_kept_out = bool(outside or elsewhere)
            holders = [holder for holder in outside.values() if holder is not None]
            taking = {name for name, holder in outside.items() if holder is None}
            wanting = [each for each in waiting if each.job.lock not in taking]
            begun = self._decide_on(wanting, [*holders, *elsewhere], now)
            started = self._crew.start(begun) if begun else None
        for run in begun:
            del self._waiting[run.id]
        if started:
            self._crew.launch(started)

    def _decide_on(self, waiting: list[Waiting], outside: list[Busy], now: datetime) -> list[Run]:
        """See to those that do not wait any more; which of the others begin."""
        running = [*self._crew.running]
        verdicts = admit(
            waiting,
            [*(Busy(each.run, each.job) for each in running), *outside],
            stopping=[
                *(each.run.id for each in running if each.is_stopping),
                *self.company.stopping,
            ],
            max_parallel=self.most,
            pools=self._post.config.pools,
            now=now,
        )
        return self._obey(verdicts, now)

    @property
    def most(self) -> int:
        """How many may run at once: as jobs.toml says, and as there are descriptors for."""
        allowed, possible = self._post.config.settings.max_parallel, places(DESCRIPTORS)
        return min(allowed, possible) if allowed else possible

    def _let_through(self, now: datetime) -> list[Waiting]:
        """Those that no breaker and no prerequisite keeps out: they alone are in anybody's way.

        A run that came back from elsewhere waits until we have ended our own attempt of it.
        """
        through, in_hand = [], self._crew.numbers
        for each in [*self._waiting.values()]:
            if each.run.id in in_hand:
                continue
            is_ready = each.ready_at <= now and not each.asked
            obstacle = self._gate.obstacle(each.run, each.job, now) if is_ready else None
            if obstacle is None:
                through.append(each)
            elif not each.has_begun:  # what was tried already waits until the breaker lets it
                self._dismiss(each.run, obstacle)
        return through

    def _obey(self, verdicts: list[Verdict], now: datetime) -> list[Run]:
        begun = []
        obstacles = self._obstacles(verdicts)
        for verdict in verdicts:
            each = self._waiting.get(verdict.run_id)
            match verdict:
                case Begin() if each and (obstacle := obstacles.get(each.run.id)):
                    self._keep_out(each.run, obstacle)
                case Begin() if each and (each.asked or self._gate.admits(each.run, each.job, now)):
                    begun.append(each.run)
                case Leave() if each:
                    self._dismiss(each.run, verdict.reason, verdict.state)
                case Replace():
                    self._replace(verdict)
        self._has_more = len(begun) > AT_ONCE
        return begun[:AT_ONCE]

    def _obstacles(self, verdicts: list[Verdict]) -> dict[int, Obstacle]:
        """What hosts with ledgers of their own have in the way of runs that could begin."""
        ids = [verdict.run_id for verdict in verdicts if isinstance(verdict, Begin)]
        wanting = [self._waiting[run] for run in ids if run in self._waiting]
        return self._post.tenure.obstacles(wanting, self._post.config)

    def _keep_out(self, run: Run, obstacle: Obstacle) -> None:
        if obstacle.is_final:
            self._dismiss(run, obstacle.reason)
        else:
            self._is_kept_out = True

    def _dismiss(self, run: Run, reason: str, state: State = State.SKIPPED) -> bool:
        is_left = self._leave(run, reason, state)
        del self._waiting[run.id]
        return is_left

    def _leave(self, run: Run, reason: str, state: State = State.SKIPPED) -> bool:
        """Whether it was ours to end; if not, what follows is not ours to see to either."""
        left = self._post.withdraw(run, reason, state)
        if left is not None:
            self._left.append(left)
        return left is not None

    def _replace(self, verdict: Replace) -> None:
        for run in verdict.stops:
            by = f"#{verdict.run_id}, which replaces it"
            if not self._crew.stop(run, by) and not self.stop(run, f"stopped by {by}"):
                self.company.stop(run, by)


def ready_at(run: Run, job: Job, now: datetime) -> datetime:
    """When a waiting run is to begin: its next attempt, or its slot with the job's jitter.

    A wrong clock may have set the attempt to a time that no delay reaches from now; and a slot that
    was taken has come, whatever the clock says by now.
    """
    if run.next_attempt_at is not None:
        return min(run.next_attempt_at, now + job.retry.max_delay)
    if run.scheduled_for is None:
        return run.created_at
    at = min(run.scheduled_for, now) + jitter(job.jitter, job.name, run.scheduled_for)
    return max(at, run.created_at) if run.trigger is Trigger.AFTER else at

"""The attempts that run: begun together, watched, and recorded when they end."""

import random
import select
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.attempt import NEVER, Attempt, forget
from jobrunner.engine.ending import Examination, unstarted
from jobrunner.engine.launch import launch
from jobrunner.engine.post import Post
from jobrunner.engine.setting import preparer
from jobrunner.errors import StoreError
from jobrunner.model.job import Job
from jobrunner.model.run import Outcome, Run, State
from jobrunner.policy.retry import Again, Enough, after_attempt
from jobrunner.schedule.compose import last_instant
from jobrunner.store.value import Ending, Launch

LOOK = 0.1  # seconds between two looks at outputs


class Ended(Struct, frozen=True):
    """An attempt that ended: `run` as it stands in the ledger now."""

    run: Run
    job: Job
    outcome: Outcome


class Crew:
    """Every attempt of this supervisor that has not been recorded as ended."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._running: dict[int, Attempt] = {}
        self._by_fd: dict[int, Attempt] = {}
        self._over: list[Attempt] = []  # the keeper has ended, something else may not have
        self._examined: list[Examination] = []  # those that take their time
        self._unrecorded: list[tuple[Ending, Ended]] = []
        self._poll = select.poll()
        self._prepare = preparer(post)

    # -- what there is

    @property
    def running(self) -> Iterable[Attempt]:
        return self._running.values()

    @property
    def is_empty(self) -> bool:
        return not self._running and not self._examined and not self._unrecorded

    def __contains__(self, run: int) -> bool:
        return run in self._running

    def next_at(self) -> float:
        """When there is something to do without any event, on the clock of durations."""
        if not self._running:
            return NEVER
        soon = self._post.ground.clock.elapsed() + LOOK
        return min(soon, *(attempt.next_at for attempt in self._running.values()))

    # -- what is done

    def begin(self, runs: Sequence[Run]) -> None:
        """Begin an attempt of each of these waiting runs: first in the ledger, then for real."""
        post = self._post
        versions = {run.job: post.definition(run.job) for run in runs}
        post.store.remember({v.fingerprint: v.text for v in versions.values()}, post.now())
        launches = [
            Launch(
                run=run.id,
                definition=versions[run.job].fingerprint,
                output=post.ground.state.output(run.id, run.attempts + 1),
            )
            for run in runs
        ]
        started = post.store.start(
            launches, owner=post.owner, host=post.ground.host, now=post.now()
        )
        for run in started:
            self._launch(run, post.jobs[run.job])

    def take(self, attempt: Attempt) -> None:
        """Look after an attempt that runs."""
        self._running[attempt.run.id] = attempt
        self._by_fd[attempt.child.pidfd] = attempt
        self._poll.register(attempt.child.pidfd, select.POLLIN)

    def stop(self, run: int, by: str, *, by_force: bool = False) -> bool:
        """Ask the attempt of a run to end, or end it at once; False if there is none."""
        attempt = self._running.get(run)
        if attempt is not None:
            attempt.stop(by)
            if by_force:
                attempt.kill()
        return attempt is not None

    def fds(self) -> Iterable[int]:
        """What becomes readable when a keeper ends, or when it is known how one did."""
        return [*self._by_fd, *(fd for each in self._examined if (fd := each.fileno()) is not None)]

    def tend(self) -> None:
        """Do all that is due: outputs, timeouts, graces, ends."""
        for fd, _ in self._poll.poll(0):
            self._poll.unregister(fd)
            self._over.append(self._by_fd.pop(fd))
        now = self._post.ground.clock.elapsed()
        for attempt in self._running.values():
            attempt.look()
            if attempt.next_at <= now:
                self._on_time(attempt)
        for attempt in [each for each in self._over if each.is_over()]:
            self._over.remove(attempt)
            self._close(attempt)
        for each in [each for each in self._examined if _is_readable(each)]:
            self._examined.remove(each)
            self.keep(each.run, each.job, each.finish())

    def record(self) -> list[Ended]:
        """Write down what ended; what the ledger cannot take now is kept for the next time."""
        if not self._unrecorded:
            return []
        endings = [ending for ending, _ in self._unrecorded]
        try:
            done = self._post.store.finish(endings, owner=self._post.owner)
        except StoreError as error:
            self._post.diary.error(
                f"the end of {len(endings)} attempts is not recorded yet: {error}"
            )
            return []
        ended = [each for ending, each in self._unrecorded if ending.run in done]
        for ending, _ in self._unrecorded:
            forget(ending.run, ending.attempt, self._post.ground)
        self._unrecorded = []
        return ended

    # -- one attempt

    def _launch(self, run: Run, job: Job) -> None:
        found = launch(run, job, self._post.ground, self._prepare)
        if isinstance(found, Attempt):
            self._post.diary.debug(f"{run.job} #{run.id} attempt {run.attempts} started")
            self.take(found)
        else:
            self.keep(run, job, unstarted(job, found, self._post.now()))

    def _on_time(self, attempt: Attempt) -> None:
        survivors = attempt.on_time()
        if survivors:
            run = attempt.run
            self._post.diary.warning(f"{run.job} #{run.id}: {survivors} processes cannot be killed")

    def _close(self, attempt: Attempt) -> None:
        del self._running[attempt.run.id]
        left = attempt.close()
        self.examine(
            Examination(attempt.run, attempt.job, left, self._post.ground, env=attempt.env)
        )

    def examine(self, each: Examination) -> None:
        """Have the end of an attempt recorded as soon as it is known how it did."""
        if each.fileno() is None:
            self.keep(each.run, each.job, each.finish())
        else:
            self._examined.append(each)

    def keep(self, run: Run, job: Job, outcome: Outcome) -> None:
        """Have the end of an attempt recorded; what follows is decided by the job as it is now."""
        job = self._post.jobs.get(run.job, job)
        again = self._again(run, job, outcome)
        ending = Ending(
            run=run.id,
            attempt=run.attempts,
            outcome=outcome,
            retry_at=again.at if isinstance(again, Again) else None,
        )
        self._unrecorded.append((ending, Ended(_after(run, ending), job, outcome)))

    def _again(self, run: Run, job: Job, outcome: Outcome) -> Again | Enough:
        return after_attempt(
            job.retry,
            outcome,
            run.attempts,
            first_started=run.started_at or outcome.finished_at,
            last_chance=last_instant(job.end, job.timezone.info) if job.end else None,
            chance=random.random(),  # noqa: S311 - spreads retries, keeps no secret
        )


def _is_readable(each: Examination) -> bool:
    poll = select.poll()
    fd = each.fileno()
    assert fd is not None  # only those that take their time are asked
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def _after(run: Run, ending: Ending) -> Run:
    """The run as it stands once the ending is recorded."""
    if ending.retry_at is not None:
        return replace(run, state=State.RETRYING, next_attempt_at=ending.retry_at)
    outcome = ending.outcome
    return replace(run, state=outcome.state, finished_at=outcome.finished_at, reason=outcome.reason)

"""The attempts that run: begun together, watched, and recorded when they end."""

import select
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.attempt import Attempt, forget
from jobrunner.engine.definition import Definition
from jobrunner.engine.ending import Examination, after, ending, unstarted
from jobrunner.engine.gate import Gate
from jobrunner.engine.launch import Prepare, launch
from jobrunner.engine.post import Post
from jobrunner.engine.record import About, of_run
from jobrunner.engine.setting import preparer
from jobrunner.engine.stopping import NEVER
from jobrunner.errors import StoreError
from jobrunner.model.job import Job, Retry
from jobrunner.model.run import Outcome, Run
from jobrunner.process import cgroup
from jobrunner.store.value import Ending, Launch

LOOK = 0.1  # seconds between two looks at outputs
# So many keep the host busy: ends are gathered for a moment, each transaction waits for the disk.
MANY = 16
REST = 0.02  # seconds
SHARE = 0.02  # seconds of a turn for stopping


class Ended(Struct, frozen=True):
    """An attempt that ended: `run` as it stands in the ledger now."""

    run: Run
    job: Job
    outcome: Outcome


class Started(Struct, frozen=True):
    """Runs that have begun in the ledger, and how each becomes a task."""

    runs: Sequence[Run]
    prepare: Prepare


class Crew:
    """Every attempt of this supervisor that has not been recorded as ended."""

    def __init__(self, post: Post) -> None:
        self.begun = 0  # attempts so far
        self._post = post
        self._running: dict[int, Attempt] = {}
        self._by_fd: dict[int, Attempt] = {}
        self._over: list[Attempt] = []  # the keeper has ended, something else may not have
        self._examined: list[Examination] = []  # those that take their time
        self._unrecorded: list[tuple[Ending, Ended]] = []
        self._recorded: list[Ending] = []  # what follows is not drawn yet
        self._is_behind = False
        self._remembered: set[str] = set()  # fingerprints
        self._awaited: list[Attempt] = []  # with processes that are about to end
        self._ends = select.epoll()
        self._gate = Gate(post)
        self._look_at = NEVER
        self._rests_until = -NEVER

    # -- what there is

    @property
    def running(self) -> Iterable[Attempt]:
        return self._running.values()

    @property
    def numbers(self) -> set[int]:
        """The runs that are in our hands, from an attempt's launch until its end is recorded."""
        examined = (each.run.id for each in self._examined)
        return {*self._running, *examined, *(end.run for end, _ in self._unrecorded)}

    @property
    def is_empty(self) -> bool:
        return not self._running and not self._examined and not self._unrecorded

    @property
    def is_behind(self) -> bool:
        """Whether there are ends that the ledger could not take yet."""
        return self._is_behind

    @property
    def is_stopping(self) -> bool:
        """Whether an attempt has been asked to end: nobody after us knows of it."""
        return any(attempt.is_stopping for attempt in self._running.values())

    def next_at(self) -> float:
        """When there is something to do without any event, on the clock of durations."""
        if self._unrecorded and not self._is_behind:
            return self._post.ground.clock.elapsed()
        if not self._running:
            return NEVER
        times = (attempt.next_at for attempt in self._running.values())
        return min(self._look_at, *times, self._rests_until if self._rests() else NEVER)

    # -- what is done

    def start(self, runs: Sequence[Run]) -> Started:
        """Begin an attempt of each of these waiting runs in the ledger; `launch` is for real."""
        post = self._post
        versions = {run.job: post.definition(run.job) for run in runs}
        prepare = preparer(post, runs)
        self._remember(versions.values())
        launches = [
            Launch(
                run=run.id,
                definition=versions[run.job].fingerprint,
                output=post.ground.state.output(run.id, run.attempts + 1),
            )
            for run in runs
        ]
        cgroup.get_ready()
        return Started(self._start(launches), prepare)

    def launch(self, started: Started) -> None:
        """Launch what the ledger says has begun."""
        self.begun += len(started.runs)
        for run in started.runs:
            self._begin(run, self._post.jobs[run.job], started.prepare)
        self._post.tell_of_starts(started.runs)

    def _start(self, launches: Sequence[Launch]) -> list[Run]:
        post = self._post
        try:
            return post.store.start(
                launches, owner=post.owner, host=post.ground.host, now=post.now()
            )
        except StoreError:  # the ledger may be back at what it was before
            self._remembered.clear()
            raise

    def _remember(self, versions: Iterable[Definition]) -> None:
        """Have the ledger keep these; it is told once of each, since it forgets none."""
        new = {v.fingerprint: v.text for v in versions if v.fingerprint not in self._remembered}
        if new:
            self._post.store.remember(new, self._post.now())
            self._remembered.update(new)

    def take(self, attempt: Attempt) -> None:
        """Look after an attempt that runs."""
        self._running[attempt.run.id] = attempt
        self._by_fd[attempt.child.pidfd] = attempt
        self._ends.register(attempt.child.pidfd, select.EPOLLIN)
        self._look_at = min(self._look_at, self._elapsed() + LOOK)

    def stop(self, run: int, by: str, *, by_force: bool = False) -> bool:
        """Ask the attempt of a run to end, or end it at once; False if there is none."""
        attempt = self._running.get(run)
        if attempt is not None:
            attempt.stop(by)
            if by_force:
                attempt.kill()
        return attempt is not None

    def fds(self) -> Iterable[int]:
        """What becomes readable when something ends, or when it is known how an attempt did."""
        examined = (fd for each in self._examined if (fd := each.fileno()) is not None)
        awaited = (pidfd for attempt in self._awaited for pidfd in attempt.pidfds)
        ends = () if self._rests() else (self._ends.fileno(),)
        return [*ends, *examined, *awaited]

    def tend(self) -> None:
        """Do all that is due: outputs, timeouts, graces, ends."""
        for fd, _ in self._ends.poll(0):
            self._ends.unregister(fd)
            self._over.append(self._by_fd.pop(fd))
        now = self._elapsed()
        looks = self._look_at <= now
        if looks:
            self._look_at = now + LOOK
        for attempt in self._running.values() if looks else ():
            attempt.look()
        self._see_to_time(now)
        for attempt in [*self._over]:
            self._try(attempt, self._close)
        for each in [each for each in self._examined if _is_readable(each)]:
            self._examined.remove(each)
            self.keep(each.run, each.job, each.finish())

    def _see_to_time(self, now: float) -> None:
        """Do what is due of some, in turn; the rest is due still.

        To stop a job takes looks at all that runs on the host: no other job waits for many of them.
        """
        waiting = self._awaited
        due = [each for each in self._running.values() if each.next_at <= now or each in waiting]
        for attempt in due:
            self._try(attempt, self._on_time)
            self._running[attempt.run.id] = self._running.pop(attempt.run.id)  # the last by now
            if self._elapsed() > now + SHARE:
                break
        self._awaited = [attempt for attempt in due if attempt.pidfds]

    def record(self) -> list[Ended]:
        """Write down what ended; what the ledger cannot take now is kept for the next time."""
        if not self._unrecorded:
            return []
        self._is_behind = True
        taken = self._finish([end for end, _ in self._unrecorded])
        ended = [each for end, each in self._unrecorded if taken.get(end.run)]
        ends = [end for end, _ in self._unrecorded if end.run in taken]
        self._unrecorded = [each for each in self._unrecorded if each[0].run not in taken]
        self._is_behind = bool(self._unrecorded)
        if len(self._running) >= MANY:
            self._rests_until = self._elapsed() + REST
        self._recorded += ends
        return ended

    def tidy(self) -> None:
        """Remove what was kept for ends of which all is drawn by now that follows.

        What a supervisor that is killed has not come to is found by it.
        """
        ends, self._recorded = self._recorded, []
        for end in ends:
            forget(end.run, end.attempt, self._post.ground)

    def _finish(self, ends: Sequence[Ending]) -> dict[int, bool]:
        """The runs whose ends the ledger took, and whether they were still ours to end.

        An end that it can never take keeps no other waiting.
        """
        try:
            done = {*self._post.store.finish(ends, owner=self._post.owner)}
            done |= {end.run for end in ends if end.run not in done and self._is_told(end)}
        except StoreError as error:
            half = len(ends) // 2
            # The bare kind is about what was to be written, the others are about the ledger.
            if half and type(error) is StoreError:
                return self._finish(ends[:half]) | self._finish(ends[half:])
            whose = f"of #{ends[0].run}" if not half else f"of {len(ends)} attempts"
            waits = f"the end {whose} is not recorded yet: {error}"
            self._post.diary.error(waits, About(event="trouble"))
            return {}
        return {end.run: end.run in done for end in ends}

    def _is_told(self, end: Ending) -> bool:
        """Whether the ledger took this end before, and we did not hear so."""
        told = end.attempt, self._post.owner, end.outcome.finished_at
        attempts = self._post.store.attempts(end.run)
        return told in {(each.number, each.owner, each.finished_at) for each in attempts}

    def _rests(self) -> bool:
        return self._elapsed() < self._rests_until

    def _elapsed(self) -> float:
        return self._post.ground.clock.elapsed()

    # -- one attempt

    def _try(self, attempt: Attempt, work: Callable[[Attempt], None]) -> None:
        """Do it later if it cannot be done now: the other attempts are not to blame."""
        try:
            work(attempt)
        except OSError as error:
            run = attempt.run
            waits = f"{run.job} #{run.id} cannot be seen to just now: {error}"
            self._post.diary.error(waits, of_run("trouble", run))

    def _begin(self, run: Run, job: Job, prepare: Prepare) -> None:
        """Launch it; it is in the ledger already, and so has to end there whatever happens."""
        try:
            found = launch(run, job, self._post.ground, prepare)
        except Exception as error:  # noqa: BLE001 - a fault of ours, in the making of one attempt
            found = f"a bug of jobrunner: {error!r}"
            told = f"{run.job} #{run.id} is not started: {found}"
            self._post.diary.error(told, of_run("trouble", run))
        if isinstance(found, Attempt):
            told = f"{run.job} #{run.id} attempt {run.attempts} started"
            self._post.diary.debug(told, of_run("start", run))
            self.take(found)
        else:
            self.keep(run, job, unstarted(job, found, self._post.now()))

    def _on_time(self, attempt: Attempt) -> None:
        survivors = attempt.on_time()
        if survivors:
            run = attempt.run
            told = f"{run.job} #{run.id}: {survivors} processes cannot be killed"
            self._post.diary.warning(told, of_run("trouble", run))

    def _close(self, attempt: Attempt) -> None:
        if not attempt.is_over():
            return
        left = attempt.close()
        self._over.remove(attempt)
        del self._running[attempt.run.id]
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
        if run.place not in {"", self._post.ground.host}:  # it has no other place to be tried at
            job = replace(job, retry=Retry())
        end = ending(run, job, outcome)
        then = after(run, end)
        heed = self._post.herald.of_end(then, job, outcome, self._post.usual(job))
        turn = self._gate.turn(then, job, outcome)
        self._unrecorded.append((replace(end, heed=heed, turn=turn), Ended(then, job, outcome)))


def _is_readable(each: Examination) -> bool:
    poll = select.poll()
    fd = each.fileno()
    assert fd is not None  # only those that take their time are asked
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))

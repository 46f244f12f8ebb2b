"""Runs a command that is in no file as if it were a job: in this process, with all that is kept.

What a supervisor executes comes from checked files alone.  A command of `jobrunner exec` comes from
whoever types it, and runs with his rights and his environment, under the same keeper, limits of
output and rules for stopping as any job's.
"""

import select
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.config.zone import host_zone
from jobrunner.engine.actions.attend import attend
from jobrunner.engine.actions.hold import held
from jobrunner.engine.actions.interrupt import Interrupts
from jobrunner.engine.actions.outlet import Outlet
from jobrunner.engine.actions.outside import here, sweep
from jobrunner.engine.agenda import pause_of
from jobrunner.engine.alert.herald import Herald
from jobrunner.engine.attempt import Attempt, forget
from jobrunner.engine.cluster.whole import send_whole
from jobrunner.engine.ending import after, ending, judged, unstarted
from jobrunner.engine.ground import Ground
from jobrunner.engine.launch import launch
from jobrunner.errors import StoreError, UnusableError
from jobrunner.kinds.task import Task
from jobrunner.kinds.trace import traceparent
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.job import Job
from jobrunner.model.run import Outcome, Run, State, Trigger
from jobrunner.model.settings import Config
from jobrunner.process.identity import Identity
from jobrunner.store.base import Store
from jobrunner.store.fleet import Fleet
from jobrunner.store.value import Ending, Launch, NewRun
from jobrunner.words import short

Say = Callable[[str], None]
LONGEST_WAIT = 1000  # milliseconds; a step of the clock is noticed after so long


class Errand(Struct, frozen=True, kw_only=True):
    """A command, as a job that was never declared, and what it gets of its caller's."""

    job: Job
    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    stdin: bytes = b""


class Runner:
    """Runs errands: over one ledger, on one ground, until somebody asks us to stop."""

    def __init__(
        self, store: Store, config: Config, ground: Ground, by: str, interrupts: Interrupts
    ) -> None:
        self._store = store
        self._config = config
        self._ground = ground
        self._by = by
        self._interrupts = interrupts
        self._owner = str(here(ground.host))
        self._herald = Herald(config, host_zone(ground.inherited).info)

    def has_letters(self) -> bool:
        """Whether somebody is to hear of what was run: a supervisor sends it."""
        return self._herald.has_written()

    def run(self, errand: Errand, outlet: Outlet, say: Say) -> Run:
        """Run it to its end, and hand its output on.

        The run is in the ledger before anything is started, and each attempt before its process.
        What is paused, or whose lock is held, is written down as skipped.
        """
        self._refuse_declared(errand.job.name)
        sweep(self._store, self._ground, errand.job.timezone)
        run = self._add(errand.job)
        reason = self._pause(errand.job)
        if reason:
            return self._withdraw(run, State.SKIPPED, reason)
        lock = errand.job.lock
        with held(run, lock, self._ground, self._store, self._config) as reason:
            if reason:
                return self._withdraw(run, State.SKIPPED, reason)
            return self._attempts(run, errand, outlet, say)

    def _refuse_declared(self, name: str) -> None:
        if name in self._config.jobs:
            raise UnusableError(
                f"{name} is declared in {self._config.jobs[name].origin}.\n"
                f"Run it: jobrunner run {name}   Or choose another --name"
            )

    def _add(self, job: Job) -> Run:
        new = NewRun(job=job.name, trigger=Trigger.MANUAL, asked_by=self._by)
        run = self._store.add(new, owner=self._owner, host=self._ground.host, now=self._now())
        assert run is not None  # it names no slot
        return run

    def _pause(self, job: Job) -> str:
        pause = pause_of(job.name, self._store.health(), self._now())
        if pause is None or not pause.holds(self._now()):
            return ""
        return f"paused by {pause.by}" + (f": {pause.reason}" if pause.reason else "")

    def _attempts(self, run: Run, errand: Errand, outlet: Outlet, say: Say) -> Run:
        while True:
            run = self._start(run)
            outcome = self._attempt(run, errand, outlet)
            end = ending(run, errand.job, outcome)
            then = after(run, end)
            heed = self._herald.of_end(then, errand.job, outcome, None)
            if not self._is_recorded(replace(end, heed=heed), say):
                return then
            self._send(run, outcome, say)
            if end.retry_at is None:
                return self._as_it_stands(run)
            say(_told(run, outcome, end.retry_at, errand.job))
            if not self._wait(end.retry_at):
                return self._withdraw(run, State.STOPPED, f"stopped by {self._by}")

    def _start(self, run: Run) -> Run:
        name = self._ground.state.output(run.id, run.attempts + 1)
        (started,) = self._store.start(
            [Launch(run=run.id, output=name)],
            owner=self._owner,
            host=self._ground.host,
            now=self._now(),
        )
        return started

    def _attempt(self, run: Run, errand: Errand, outlet: Outlet) -> Outcome:
        def prepare(run: Run, _job: Job, _identity: Identity) -> Task:
            return self._task(run, errand)

        found = launch(run, errand.job, self._ground, prepare)
        if not isinstance(found, Attempt):
            return unstarted(errand.job, found, self._now())
        attend(found, self._ground, self._interrupts, outlet, by=self._by)
        return judged(run, errand.job, found.close(), self._ground)

    def _task(self, run: Run, errand: Errand) -> Task:
        uuid = run_uuid(run.created_at, self._ground.ledger_name, run.id)
        # Whoever calls may be in the middle of a trace already.
        trace = {"TRACEPARENT": traceparent(uuid, run.attempts)}
        own = {
            "JOBRUNNER_JOB": run.job,
            "JOBRUNNER_RUN_ID": str(run.id),
            "JOBRUNNER_RUN_UUID": uuid,
            "JOBRUNNER_ATTEMPT": str(run.attempts),
            "JOBRUNNER_MAX_ATTEMPTS": str(errand.job.retry.attempts + 1),
            "JOBRUNNER_TRIGGER": run.trigger.value,
            "JOBRUNNER_HOST": self._ground.host,
            "JOBRUNNER_RESULT": self._ground.state.result(run.id, run.attempts),
            "JOBRUNNER_MARK": self._ground.mark(run.id, run.attempts),
        }
        env = {**trace, **errand.env, **own}
        return Task(argv=errand.argv, cwd=errand.cwd, env=env, stdin=errand.stdin)

    def _is_recorded(self, end: Ending, say: Say) -> bool:
        """Whether the end is in the ledger; else its code stays in the spool for a later sweep."""
        try:
            self._store.finish([end], owner=self._owner)
        except StoreError as error:
            say(f"the end of #{end.run} is not recorded yet: {error}")
            return False
        forget(end.run, end.attempt, self._ground)
        return True

    def _send(self, run: Run, outcome: Outcome, say: Say) -> None:
        """Have what it wrote seen on other hosts, where there are any."""
        if not isinstance(self._store, Fleet):
            return
        try:
            send_whole(self._store, self._ground.state, run, outcome, self._now())
        except StoreError as error:
            say(f"the output of #{run.id} is to be seen on this host alone: {error}")

    def _wait(self, until: datetime) -> bool:
        """Wait for the next attempt; False if we were asked to stop."""
        poll = select.poll()
        poll.register(self._interrupts.fd, select.POLLIN)
        while not self._interrupts.count and (left := (until - self._now()).total_seconds()) > 0:
            poll.poll(min(left * 1000, LONGEST_WAIT))
        return not self._interrupts.count

    def _withdraw(self, run: Run, state: State, reason: str) -> Run:
        self._store.withdraw(run.id, state, reason, owner=self._owner, now=self._now())
        return self._as_it_stands(run)

    def _as_it_stands(self, run: Run) -> Run:
        return self._store.run(run.id) or run

    def _now(self) -> datetime:
        return self._ground.clock.now()


def _told(run: Run, outcome: Outcome, again: datetime, job: Job) -> str:
    left = short(again - outcome.finished_at)
    at = again.astimezone(job.timezone.info)
    why = outcome.reason or outcome.state
    return f"{run.job} #{run.id}: attempt {run.attempts}: {why}; again in {left} at {at:%H:%M:%S}"

"""What the parts of a supervisor share: the ledger, the plan in force, who we are in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from jobrunner.config.zone import host_zone
from jobrunner.engine.agenda import Agenda, Seat
from jobrunner.engine.alert.herald import Herald, Usual
from jobrunner.engine.alert.lateness import Lateness
from jobrunner.engine.alert.tracer import tracing
from jobrunner.engine.claims import Claims
from jobrunner.engine.definition import Definition, define
from jobrunner.engine.diary import Diary
from jobrunner.engine.ground import Ground
from jobrunner.engine.lessor import Lessor
from jobrunner.engine.record import About, of_run
from jobrunner.engine.tenure import Tenure
from jobrunner.errors import StoreError
from jobrunner.model.decision import Route
from jobrunner.model.job import Job
from jobrunner.model.letter import PINGS, Told
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.policy import lease
from jobrunner.policy.chain import followers
from jobrunner.store.base import Store
from jobrunner.store.fleet import Fleet

LEFT = {State.SKIPPED: "skip", State.MISSED: "miss"}  # else it had begun
RECENT = timedelta(days=90)  # whose runs tell what is usual


class Post:
    """One supervisor's place of work.  `config` changes when jobs.toml does."""

    def __init__(
        self, ground: Ground, store: Store, owner: str, config: Config, diary: Diary
    ) -> None:
        self.ground = ground
        self.store = store
        self.owner = owner
        self.diary = diary
        self.is_shared = isinstance(store, Fleet)
        self.lessor = Lessor(ground, diary)
        self.claims = Claims(self.lessor, diary)
        self.tenure = Tenure(self.lessor, ground.clock)
        self.lateness = Lateness()
        self.tracing = tracing(ground.inherited)
        self.adopt(config)

    def adopt(self, config: Config) -> None:
        """Go by another configuration from now on."""
        self.config = config
        self.diary.heed(config.settings.log_level, config.settings.log_format)
        self.lessor.heed(config.settings, is_shared=self.is_shared)
        seat = Seat(
            host=self.ground.host,
            labels=config.settings.labels,
            is_shared=self.is_shared,
            fresh=lease.silence(config.cluster),  # by then each host has heard of another one
        )
        self.agenda = Agenda(config.jobs, seat)
        self.zone = host_zone(self.ground.inherited).info
        self.herald = Herald(config, self.zone, self.lateness, is_traced=self.tracing.is_on)
        self.followers = followers(config.jobs)
        self._definitions: dict[str, Definition] = {}

    def definition(self, job: str) -> Definition:
        """The version of a declared job that is in force."""
        if job not in self._definitions:
            self._definitions[job] = define(self.jobs[job])
        return self._definitions[job]

    @property
    def jobs(self) -> Mapping[str, Job]:
        return self.config.jobs

    def now(self) -> datetime:
        return self.ground.clock.now()

    def route(self, job: Job) -> Route | None:
        """How a run of this job comes to a host that may be any; None if it stays here."""
        return self.agenda.route(job)

    def place(self, job: Job) -> str:
        """Whose run it is that is asked for: of a job of every host it is this one's."""
        return self.ground.host if self.is_shared and job.on == "every" else ""

    def is_routed(self, run: Run) -> bool:
        """Whether any host may have its next attempt."""
        return self.is_shared and not run.place

    def withdraw(self, run: Run, reason: str, state: State = State.SKIPPED) -> Run | None:
        """End a run that waits, and say how it stands then; None if it is not ours to end.

        One that was tried already has failed, whatever kept it waiting.
        """
        if run.attempts and state is State.SKIPPED:
            state = State.FAILED
        now, owner = self.now(), self.owner
        left = replace(run, state=state, reason=reason, finished_at=now, next_attempt_at=None)
        heed = self.herald.of_left(left, self.jobs.get(run.job), now)
        if self.store.withdraw(run.id, state, reason, owner=owner, now=now, heed=heed) is None:
            return self._withdrawn(run)
        self.say_left(left)
        return left

    def say_left(self, run: Run) -> None:
        """Say that a run will not be, or not any more, and why."""
        told = f"{run.job} #{run.id} {run.state}: {run.reason}"
        self.diary.info(told, of_run(LEFT.get(run.state, "end"), run))

    def tell_of_starts(self, runs: Sequence[Run]) -> None:
        """Have it told that attempts have begun, and later that they take too long."""
        for run in runs:
            job = self.jobs[run.job]
            self.herald.watch(run, job, self.usual(job), self.now())
        found = (self.herald.of_start(run, self.jobs[run.job], self.now()) for run in runs)
        letters = tuple(filter(None, found))
        if not letters:
            return
        try:
            self.store.tell(PINGS, lambda _: Told(letters=letters))
        except StoreError as error:
            self.diary.warning(f"a start is told to nobody: {error}", About(event="trouble"))

    def usual(self, job: Job) -> Usual | None:
        """How long a job usually takes, if anybody hears of what is unusual."""
        if not self.herald.wants_usual(job):
            return None
        try:
            found = self.store.statistics(self.now() - RECENT, job.name)
        except StoreError:  # an end is recorded without it
            return None
        known = found[0] if found else None
        if known is None or known.p50 is None or known.p95 is None:
            return None
        return Usual(known.slots.get(State.SUCCESS, 0), known.p50, known.p95)

    def _withdrawn(self, run: Run) -> Run | None:
        """The run if we ended it before, and could not be told so."""
        found = self.store.run(run.id)
        if found and found.owner in {"", self.owner} and not found.state.is_live:
            return found
        told = f"{run.job} #{run.id} is somebody else's by now"
        self.diary.warning(told, of_run("trouble", run))
        return None

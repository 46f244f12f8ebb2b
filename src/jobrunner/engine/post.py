"""What the parts of a supervisor share: the ledger, the plan in force, who we are in it."""

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from jobrunner.engine.agenda import Agenda
from jobrunner.engine.definition import Definition, define
from jobrunner.engine.diary import Diary
from jobrunner.engine.ground import Ground
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.policy.chain import followers
from jobrunner.store.base import Store


class Post:
    """One supervisor's place of work.  `config` changes when jobs.toml does."""

    def __init__(
        self, ground: Ground, store: Store, owner: str, config: Config, diary: Diary
    ) -> None:
        self.ground = ground
        self.store = store
        self.owner = owner
        self.diary = diary
        self.adopt(config)

    def adopt(self, config: Config) -> None:
        """Go by another configuration from now on."""
        self.config = config
        self.diary.heed(config.settings.log_level)
        self.agenda = Agenda(config.jobs)
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

    def withdraw(self, run: Run, reason: str, state: State = State.SKIPPED) -> Run | None:
        """End a run that waits, and say how it stands then; None if it is not ours to end.

        One that was tried already has failed, whatever kept it waiting.
        """
        if run.attempts and state is State.SKIPPED:
            state = State.FAILED
        now = self.now()
        if self.store.withdraw(run.id, state, reason, owner=self.owner, now=now) is None:
            return self._withdrawn(run)
        self.diary.info(f"{run.job} #{run.id} {state}: {reason}")
        return replace(run, state=state, reason=reason, finished_at=now, next_attempt_at=None)

    def _withdrawn(self, run: Run) -> Run | None:
        """The run if we ended it before, and could not be told so."""
        found = self.store.run(run.id)
        if found and found.owner in {"", self.owner} and not found.state.is_live:
            return found
        self.diary.warning(f"{run.job} #{run.id} is somebody else's by now")
        return None

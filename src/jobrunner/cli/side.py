"""Where runs are looked at and asked for: this host, or another one, in the same words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from jobrunner.clock import Clock
from jobrunner.engine.actions import told
from jobrunner.engine.actions.follow import Event
from jobrunner.engine.order import RunOrder
from jobrunner.engine.past.log import Log, Seen
from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.run import Attempt, Run


class Side(Protocol):
    """A host, from where its runs are watched."""

    scene: Scene
    clock: Clock

    def job(self, name: str) -> Job:
        """The declared job of this name."""

    def check(self, job: Job, params: Mapping[str, str]) -> None:
        """Refuse parameters that the job does not take, as far as that is known here."""

    def run(self, job: str, order: RunOrder) -> int:
        """Have a job run; the number of the run, once it has one."""

    def retry(self, run: Run) -> int:
        """Have a run run again; the number of the new one."""

    def stop(self, run: Run, *, force: bool = False) -> object:
        """Have a run end."""

    def stop_all(self, runs: Sequence[Run]) -> Mapping[int, int]:
        """Have them end; the numbers of requests by those of the runs that have one."""

    def follow(
        self, run: int, *, only: int | None = None, from_first: bool = True
    ) -> Iterator[Event]:
        """Each thing that happens to a run; at least what is of its last attempt, or of `only`."""

    def usual(self, job: str) -> told.Usual:
        """How long it mostly takes."""

    def pid(self, run: Run) -> int | None:
        """The process of a run, where somebody could look at it from here."""

    def rouse(self, run: Run) -> None:
        """Have a supervisor that was killed replaced: nobody else may be there to do it."""

    def opened(self, run: Run, attempt: Attempt) -> AbstractContextManager[Log]:
        """What an attempt wrote, open."""

    def seen(self, run: Run, attempt: Attempt) -> Seen | None:
        """When the byte at a place of it was first seen; None if nobody ever looked."""

"""This host, as the side from which its runs are watched; and which side is meant."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

import click

from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import Opener, elsewhere
from jobrunner.cli.option import Globals
from jobrunner.cli.progress import number_of
from jobrunner.cli.side import Side
from jobrunner.clock import Clock
from jobrunner.engine.actions import ask, halt, told
from jobrunner.engine.actions.follow import Event, follow
from jobrunner.engine.actions.number import pid_of
from jobrunner.engine.actions.outside import outsider
from jobrunner.engine.actions.who import who
from jobrunner.engine.order import RunOrder
from jobrunner.engine.past import log
from jobrunner.engine.past.log import Log, Seen
from jobrunner.engine.scene import Scene
from jobrunner.errors import BusyError
from jobrunner.kinds import param
from jobrunner.model.job import Job
from jobrunner.model.run import Attempt, Run


class Near:
    """This host."""

    def __init__(self, scene: Scene, clock: Clock, by: str) -> None:
        self.scene, self.clock, self._by = scene, clock, by

    def job(self, name: str) -> Job:
        return ask.known(self.scene, name)

    def check(self, job: Job, params: Mapping[str, str]) -> None:
        if problems := param.check(job, params):
            raise click.UsageError("\n".join(problems))

    def run(self, job: str, order: RunOrder) -> int:
        return self._number(ask.run(self.scene, job, order, by=self._by, now=self.clock.now()))

    def retry(self, run: Run) -> int:
        return self._number(ask.retry(self.scene, run, by=self._by, now=self.clock.now()))

    def stop(self, run: Run, *, force: bool = False) -> None:
        ask.stop(self.scene, run, by=self._by, now=self.clock.now(), force=force)
        ask.wake(self.scene, self.clock)

    def stop_all(self, runs: Sequence[Run]) -> Mapping[int, int]:
        return halt.ask_all(self.scene, runs, self.clock, by=self._by)

    def follow(
        self,
        run: int,
        *,
        only: int | None = None,  # noqa: ARG002 - all of it costs nothing here
        from_first: bool = True,  # noqa: ARG002
    ) -> Iterator[Event]:
        return follow(self.scene, run, self.clock)

    def usual(self, job: str) -> told.Usual:
        return told.usual(self.scene.store, job, self.clock.now())

    def pid(self, run: Run) -> int | None:
        return pid_of(self.scene, run, self.clock)

    def rouse(self, run: Run) -> None:
        if outsider(run.owner) is None:
            with suppress(BusyError):  # the next look may have more luck
                ask.wake(self.scene, self.clock)

    def opened(self, run: Run, attempt: Attempt) -> AbstractContextManager[Log]:
        return log.opened(self.scene, run, attempt)

    def seen(self, run: Run, attempt: Attempt) -> Seen | None:
        return log.seen(self.scene, run, attempt)

    def _number(self, request: int) -> int:
        ask.wake(self.scene, self.clock)
        return number_of(lambda gives_up: ask.answer(self.scene, request, self.clock, gives_up))


@contextmanager
def side(settings: Globals, opener: Opener) -> Iterator[Side]:
    """The host that is meant; this one's ledger is opened so."""
    far = elsewhere(settings)
    if far is not None:
        yield far
        return
    by = who(asker())
    with opener(settings.config, asker()) as here:
        yield Near(here, settings.clock, by)

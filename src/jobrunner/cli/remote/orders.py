"""What the other host is asked to do: each order is a request of its ledger, as one of here is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click
from msgspec import Struct

from jobrunner.cli import output
from jobrunner.cli.progress import number_of
from jobrunner.cli.remote.line import Line, part
from jobrunner.clock import Clock
from jobrunner.engine.actions.drain import Drained
from jobrunner.engine.actions.pause import Freed, Held
from jobrunner.engine.order import RunOrder
from jobrunner.engine.report.request import Asked
from jobrunner.errors import BusyError, UnusableError
from jobrunner.model.pause import Pause
from jobrunner.model.run import Run
from jobrunner.store.value import EVERY_JOB

WAITS = "Nobody is awake there; the next tick sees to it, within a minute."


class FreedAll(Struct, frozen=True):
    """Every job that goes on, where all do."""

    each: tuple[Freed, ...]


class Orders:
    """Hands orders over, and waits for their answers."""

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line, self.clock = line, clock

    def run(self, job: str, order: RunOrder) -> int:
        """Have a job run; the number of the run."""
        body: dict[str, Any] = {"params": order.params, "overlap": order.overlap}
        try:
            asked = self._line.send("POST", f"jobs/{part(job)}/runs", Asked, body=body)
        except UnusableError as error:  # its parameters, as they were typed
            raise click.UsageError(str(error)) from None
        return self._number(asked)

    def retry(self, run: Run) -> int:
        """Have a run run again; the number of the new one."""
        return self._number(self._line.send("POST", f"runs/{run.id}/retry", Asked))

    def stop(self, run: Run, *, force: bool = False) -> Asked:
        """Have a run end."""
        return self._line.send("POST", f"runs/{run.id}/stop", Asked, body={"force": force})

    def stop_all(self, runs: Sequence[Run]) -> Mapping[int, int]:
        """Have them end; the numbers of requests by those of the runs that have one."""
        asked = {run.id: self.stop(run) for run in runs}
        if any(one.state == "waiting" for one in asked.values()):
            output.aside(WAITS)
        # What was heard by a process itself is no request.
        return {run: one.request for run, one in asked.items() if one.request}

    def pause(self, names: Iterable[str], wanted: Pause) -> list[Held]:
        """Hold each of these still."""
        body: dict[str, Any] = {"until": wanted.until, "reason": wanted.reason}
        return [self._line.send("PUT", _pause_of(name), Held, body=body) for name in names]

    def resume(self, names: Iterable[str]) -> list[Freed]:
        """Let each of these go on."""
        wanted = list(names)
        if wanted == [EVERY_JOB]:
            return [*self._line.send("DELETE", _pause_of(EVERY_JOB), FreedAll).each]
        return [self._line.send("DELETE", _pause_of(name), Freed) for name in wanted]

    def drain(self, host: str) -> Drained:
        """Have a host take nothing new."""
        return self._line.send("POST", f"hosts/{part(host)}/drain", Drained)

    def undrain(self, host: str) -> Drained:
        """Let a host take runs again."""
        return self._line.send("DELETE", f"hosts/{part(host)}/drain", Drained)

    def _number(self, asked: Asked) -> int:
        if asked.state == "waiting":
            output.aside(WAITS)
        return number_of(lambda is_given_up: self._answer(asked, is_given_up))

    def _answer(self, asked: Asked, is_given_up: Callable[[], bool]) -> str | None:
        """What it was answered; None if who asks gives up first."""
        while asked.state == "waiting":
            if is_given_up():
                return None
            self.clock.sleep(0)
            asked = self._line.get(f"requests/{asked.request}", Asked)
        if asked.state == "refused":
            raise BusyError(asked.answer)
        return str(asked.run)


def _pause_of(job: str) -> str:
    return "pause" if job == EVERY_JOB else f"jobs/{part(job)}/pause"

"""A state folder with a supervisor of its own, for as long as a benchmark runs."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from jobrunner.clock import SystemClock
from jobrunner.engine import state
from jobrunner.engine.order import RunOrder, encode
from jobrunner.engine.scene import ledger
from jobrunner.engine.wake import poke
from jobrunner.model.run import State
from jobrunner.store.value import Request

PROGRAM = Path(__file__).parents[2] / "src/jobrunner/program"
# An installed package has its bytecode beside it.
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JOBRUNNER_"))}
STEP = 0.01  # seconds between two looks


class Stage:
    """One jobs.toml in a folder, its ledger, and the supervisor."""

    def __init__(self, folder: str, jobs: str) -> None:
        self.file = Path(folder, "jobs.toml")
        self.file.write_text(jobs)
        self.state = state.State(f"{folder}/.jobrunner")
        state.prepare(self.state)
        self.store = ledger(self.state)
        self.supervisor = 0  # its number while one is awake

    def wake(self) -> None:
        """Start a supervisor that stays, and wait until it answers."""
        self._started = subprocess.Popen(
            [sys.executable, "-P", "-m", "jobrunner", "supervise", *self._options()],
            env=ENVIRON,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.supervisor = self._started.pid
        until(lambda: poke(self.state, "look") is not None)

    def tick(self) -> None:
        """The tick of this host."""
        command = [sys.executable, str(PROGRAM), "-c", str(self.file), "tick"]
        subprocess.run(command, check=True, env=ENVIRON)

    def run(self, jobs: Iterable[str]) -> None:
        """Have these jobs run now, and wait until all of them do."""
        before, now = len(self.store.live()), SystemClock().now()
        for job in jobs:
            order = Request(
                kind="run", job=job, arguments=encode(RunOrder()), asked_by="us", asked_at=now
            )
            self.store.ask(order)
            before += 1
        poke(self.state)
        until(lambda: [run.state for run in self.store.live()] == [State.RUNNING] * before)

    def dismiss(self) -> None:
        """Have the supervisor leave, whoever started it, and wait until it is gone."""
        poke(self.state, "leave")
        until(lambda: poke(self.state, "look") is None)

    def close(self) -> None:
        """End the supervisor, if it is awake; its jobs go on."""
        self.dismiss()
        if self.supervisor:
            self._started.wait()
        self.store.close()

    def _options(self) -> list[str]:
        return ["--config", str(self.file), "--state", self.state.folder, "--linger", "3600"]


def until(holds: Callable[[], bool], *, step: float = STEP, patience: float = 120.0) -> None:
    """Look from time to time whether this holds."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "it takes too long"
        select.select([], [], [], step)


def pause(seconds: float) -> None:
    """Do nothing for so long."""
    select.select([], [], [], max(0.0, seconds))

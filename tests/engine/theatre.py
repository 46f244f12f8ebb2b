"""A state folder with a real supervisor process, for tests that watch what it does."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from jobrunner.clock import SystemClock
from jobrunner.engine.ground import Ground
from jobrunner.engine.order import RunOrder, StopOrder, encode
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.engine.unseen import NO_KEEPER
from jobrunner.engine.wake import poke
from jobrunner.process.find import MARK, keepers, marks
from jobrunner.process.tree import Tree, end
from jobrunner.store.value import Request, RunFilter

PATIENCE = 60.0  # seconds; only what is broken takes as long
STEP = 10  # milliseconds between two looks at the ledger, unless the supervisor ends before
CLOCK = SystemClock()
PROGRAM = (sys.executable, "-P", "-m", "jobrunner", "supervise")


class Theatre:
    """One jobs.toml, its ledger, and the supervisors that were started for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "jobs.toml"
        self.state = State(f"{folder}/.jobrunner")
        prepare(self.state)
        self.store = ledger(self.state)
        self.supervisors: list[subprocess.Popen[bytes]] = []

    def write(self, text: str) -> None:
        """Put another jobs.toml in the place of the one that is there."""
        new = self.folder / "new.toml"
        new.write_text(text)
        new.replace(self.file)

    def start(self, linger: float = 60.0) -> subprocess.Popen[bytes]:
        """Start a supervisor, and wait until it answers."""
        arguments = ("--config", self.file, "--state", self.state.folder, "--linger", f"{linger}")
        supervisor = subprocess.Popen([*PROGRAM, *arguments], start_new_session=True)
        self.supervisors.append(supervisor)
        self.until(lambda: poke(self.state) is not None or supervisor.poll() is not None)
        assert supervisor.poll() in {None, 0}, self.told()
        return supervisor

    def loop(self) -> subprocess.Popen[bytes]:
        """Start `jobrunner loop`, and wait until it answers."""
        program = (*PROGRAM[:-1], "-c", self.file, "loop")
        loop = subprocess.Popen(program, stderr=subprocess.DEVNULL)
        self.supervisors.append(loop)
        self.until(lambda: all(each.poll() is not None for each in self.supervisors[:-1]))
        self.until(lambda: poke(self.state) is not None or loop.poll() is not None)
        assert loop.poll() is None
        return loop

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the supervisor, and wait until it is gone."""
        self.supervisors[-1].send_signal(number)
        self.supervisors[-1].wait(PATIENCE)

    def ask(self, kind: str = "run", *, job: str = "", run: int | None = None, **order) -> int:
        """Ask for something; the number of the request."""
        arguments = encode(RunOrder(**order) if kind == "run" else StopOrder(**order))
        request = Request(
            kind=kind,
            job=job,
            run=run,
            arguments=arguments,
            asked_by="ann",
            asked_at=CLOCK.now(),
        )
        number = self.store.ask(request)
        poke(self.state)
        return number

    def answer(self, request: int) -> Request:
        """What became of a request."""
        self.until(lambda: self.store.request(request).done is not None)
        return self.store.request(request)

    def run(self, job: str, **order) -> int:
        """Run a job now; the number of the run."""
        answer = self.answer(self.ask(job=job, **order))
        assert answer.done, answer.answer
        return int(answer.answer)

    def end_of(self, run: int):
        """A run when it is over."""
        self.until(lambda: not self.store.run(run).state.is_live)
        return self.store.run(run)

    def play(self, job: str, **order):
        """Run a job to its end."""
        return self.end_of(self.run(job, **order))

    def runs(self, job: str, count: int = 1):
        """The runs of a job, oldest first, when there are so many that are over."""
        self.until(lambda: len(self._over(job)) >= count)
        return self._over(job)

    def output(self, run) -> str:
        """What a run has written; nothing before it has begun."""
        return Path(self.state.output_path(run.output)).read_text() if run.output else ""

    def until(self, holds) -> None:
        """Wait until this holds, or the supervisor ends, and then look once more."""
        deadline = CLOCK.elapsed() + PATIENCE
        while not _is_so(holds):
            assert CLOCK.elapsed() < deadline, self.told()
            self._pause()

    def wait_for(self, pidfd: int) -> None:
        """Wait until a process has ended."""
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        assert poll.poll(PATIENCE * 1000)
        os.close(pidfd)

    def told(self) -> str:
        log = Path(self.state.folder, "run/supervisor.log")
        return log.read_text() if log.exists() else "nothing was told"

    def close(self) -> None:
        for supervisor in self.supervisors:
            supervisor.kill()
            supervisor.wait()
        end_jobs(self.state)
        self.store.close()

    def _over(self, job):
        found = self.store.runs(RunFilter(job=job, limit=1000))
        return [run for run in reversed(found) if not run.state.is_live]

    def _pause(self) -> None:
        poll = select.poll()
        pidfds = [os.pidfd_open(each.pid) for each in self.supervisors if each.poll() is None]
        for pidfd in pidfds:
            poll.register(pidfd, select.POLLIN)
        poll.poll(STEP)
        for pidfd in pidfds:
            os.close(pidfd)


def _is_so(holds) -> bool:
    """Whether it holds; a file that it looks into may not be there yet."""
    try:
        return holds()
    except FileNotFoundError:
        return False


def end_jobs(state: State) -> None:
    """End what jobs of this state folder left: they outlive their supervisor, not their test."""
    ground = Ground(state=state, host="", clock=CLOCK, inherited={}, soft_files=0)
    ours = [mark for mark in marks() if mark.startswith(f"{ground.name}-")]
    found = keepers() if ours else {}
    for mark in ours:
        run, attempt = map(int, mark.split("-")[1:])
        keeper, marker = found.get(mark, NO_KEEPER), f"{MARK}={mark}"
        end(Tree(keeper=keeper, marker=marker, cgroup=ground.cgroup(run, attempt)), CLOCK)

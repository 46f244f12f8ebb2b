"""Hosts that share one ledger: state folders with real supervisors, over a real PostgreSQL.

A host is all processes that stand in for one machine: its supervisor, and the jobs of that, which
are found by their mark.  Its way to the database is its own, so that it can be cut off alone.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Protocol
from urllib.parse import urlsplit

from jobrunner.engine.ground import Ground
from jobrunner.engine.order import RunOrder, encode
from jobrunner.engine.state import State, prepare
from jobrunner.engine.wake import TICK, poke
from jobrunner.errors import BusyError
from jobrunner.process.find import MARK
from jobrunner.store import migrate_store, open_store
from jobrunner.store.value import Request, RunFilter
from tests.cluster.proxy import Proxy
from tests.cluster.witness import Witness
from tests.engine.theatre import CLOCK, end_jobs

PATIENCE = 60.0  # seconds; only what is broken takes as long
STEP = 0.02  # seconds between two looks
BETWEEN = 1.0  # seconds from tick to tick
A_MOMENT = timedelta(milliseconds=10)
LEASE = 15.0  # the shortest that may be: 2 x tick + start + beat + timeout + graceful are 14
PROGRAM = (sys.executable, "-P", "-m", "jobrunner")
NAMES = ("web-1", "web-2", "web-3")
HEAD = """
[settings]
host = "{host}"
store = "{store}"
{settings}
[cluster]
lease = "15s"
tick = "1s"
beat = "1s"
timeout = "1s"

"""


def job(name: str, command: str, *keys: str) -> str:
    """A job of jobs.toml."""
    return "\n".join([f"[jobs.{name}]", f"command = '''{command}'''", *keys, ""])


class Way(Protocol):
    """How a host gets to the database."""

    def hush(self) -> None:
        """Let nothing pass; nobody is told."""

    def open(self) -> None:
        """Let everything pass."""


@contextmanager
def proxies(url: str, names: Sequence[str]) -> Iterator[dict[str, Proxy]]:
    """Ways for these hosts that can be cut."""
    where = urlsplit(url)
    assert where.hostname, "only what is reached over a network can be cut off"
    ways = {name: Proxy(where.hostname, where.port or 5432) for name in names}
    try:
        yield ways
    finally:
        for way in ways.values():
            way.close()


class Host:
    """One host: its jobs.toml, its state folder, its supervisor, its way to the database."""

    def __init__(self, name: str, folder: Path, server: str, way: Way | None) -> None:
        self.name = name
        self.folder = folder
        self.folder.mkdir()
        self.file = folder / "jobs.toml"
        self.state = State(f"{folder}/.jobrunner")
        self.settings = ""
        self.environ: dict[str, str] = {}
        self.prefix: Sequence[str] = getattr(way, "prefix", ())
        self.program = PROGRAM
        self.is_down = False  # so that nobody ticks there
        self.supervisors: list[subprocess.Popen[bytes]] = []
        self.store, self.way = server, way
        if isinstance(way, Proxy):
            where = urlsplit(server)
            self.store = where._replace(netloc=f"postgres@127.0.0.1:{way.port}").geturl()
        prepare(self.state)

    def write(self, jobs: str) -> None:
        """Put another jobs.toml in the place of the one that is there."""
        head = HEAD.format(host=self.name, store=self.store, settings=self.settings)
        new = self.folder / "new.toml"
        new.write_text(head + jobs)
        new.chmod(0o600)
        new.replace(self.file)

    # -- its supervisor

    def start(self) -> None:
        """Start a supervisor, and wait until it answers."""
        supervisor = self._spawn()
        until(lambda: self.is_awake() or supervisor.poll() is not None, self.told)
        assert supervisor.poll() in {None, 0}, self.told()

    def tick(self) -> None:
        """What cron does: the supervisor is rung for, and started if nobody answers."""
        is_starting = self.supervisors and self.supervisors[-1].poll() is None
        with suppress(BusyError):
            if not self.is_down and poke(self.state, TICK) is None and not is_starting:
                self._spawn()

    def ring(self) -> None:
        """What a tick says to a supervisor that answers."""
        poke(self.state, TICK)

    def _spawn(self) -> subprocess.Popen[bytes]:
        arguments = ("--config", self.file, "--state", self.state.folder, "--linger", "3600")
        supervisor = subprocess.Popen(
            [*self.prefix, *self.program, "supervise", *arguments],
            env=os.environ | self.environ,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self.supervisors.append(supervisor)
        return supervisor

    def is_awake(self) -> bool:
        with suppress(BusyError):
            return poke(self.state, "look") is not None
        return False

    @property
    def pid(self) -> int:
        return self.supervisors[-1].pid

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the supervisor, and wait until it is gone; its jobs go on."""
        self.supervisors[-1].send_signal(number)
        self.supervisors[-1].wait(PATIENCE)

    def freeze(self) -> None:
        """Stop the supervisor in its tracks; nobody ticks meanwhile."""
        self.is_down = True
        self.supervisors[-1].send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.supervisors[-1].send_signal(signal.SIGCONT)
        self.is_down = False

    def die(self) -> None:
        """End all of it at once, as when the power goes."""
        self.is_down = True
        for supervisor in self.supervisors:
            supervisor.kill()
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for supervisor in self.supervisors:
            supervisor.wait(PATIENCE)

    def processes(self) -> list[int]:
        """Those of its jobs, keepers included."""
        wanted = f"\0{MARK}={self.ground.name}-".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if wanted in b"\0" + (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    @property
    def ground(self) -> Ground:
        return Ground(state=self.state, host=self.name, clock=CLOCK, inherited={}, soft_files=0)

    # -- its people

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command, as somebody types it there."""
        return subprocess.run(
            [*PROGRAM, "-c", str(self.file), *arguments],
            env=os.environ | self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def told(self) -> str:
        """What the supervisor said."""
        log = Path(self.state.folder, "run/supervisor.log")
        return f"{self.name}: {log.read_text() if log.exists() else 'nothing was told'}"

    def close(self) -> None:
        for supervisor in self.supervisors:
            with suppress(ProcessLookupError):  # together with what it was started through
                os.killpg(supervisor.pid, signal.SIGKILL)
            supervisor.wait()
        end_jobs(self.state)


class Stage:
    """Hosts, what their jobs say of themselves, and the ledger, looked at from outside.

    Whoever made ways for the hosts closes them.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        names: Sequence[str] = NAMES,
        *,
        ways: Mapping[str, Way] | None = None,
    ) -> None:
        migrate_store(url)
        self.store = open_store(url)
        self.witness = Witness(folder / "witness")
        ways = ways or {}
        self.hosts = {name: Host(name, folder / name, url, ways.get(name)) for name in names}
        self._is_over = Event()
        self._ticker: Thread | None = None

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def write(self, jobs: str) -> None:
        """The same jobs for every host."""
        for host in self.hosts.values():
            host.write(jobs)

    def start(self, *names: str) -> None:
        """Wake these supervisors, or all, and wait until each has heard of the others."""
        for name in names or self.hosts:
            self.hosts[name].start()
        self.until(self._have_met)

    def tick(self) -> None:
        """Have cron tick on every host each second, from now on."""
        self._ticker = Thread(target=self._tick, daemon=True)
        self._ticker.start()

    def run(self, job: str, **order: object) -> int:
        """Have a job run now, wherever; the number of the run."""
        request = Request(
            kind="run",
            job=job,
            arguments=encode(RunOrder(**order)),
            asked_by="ann",
            asked_at=self.store.clock(),
        )
        number = self.store.ask(request)
        awake = [host for host in self.hosts.values() if not host.is_down]
        for host in awake:
            poke(host.state)
        self.until(lambda: self.store.request(number).done is not None)
        answer = self.store.request(number)
        assert answer.done, answer.answer
        return int(answer.answer)

    def end_of(self, run: int):
        """A run when it is over."""
        self.until(lambda: not self.store.run(run).state.is_live)
        return self.store.run(run)

    def began(self, run: int):
        """The first line of a run's latest attempt that began, when there is one."""
        self.until(lambda: [x for x in self.witness.began() if x.run == run])
        return [x for x in self.witness.began() if x.run == run][-1]

    def runs(self, job: str | None = None):
        """Every run, newest first."""
        found, before = [], None
        while page := self.store.runs(RunFilter(job=job, limit=1000, before=before)):
            found += page
            before = page[-1].id
        return found

    def until(self, holds: Callable[[], object], patience: float = PATIENCE) -> None:
        until(holds, self.told, patience)

    def _have_met(self) -> bool:
        hosts = [host for host in self.store.hosts() if self.hosts[host.name].is_awake()]
        newest = max(host.first_seen_at for host in hosts)
        return all(host.beat_at - newest > A_MOMENT for host in hosts)

    def told(self) -> str:
        return "\n".join(host.told() for host in self.hosts.values())

    def close(self) -> None:
        self._is_over.set()
        if self._ticker:
            self._ticker.join()
        for host in self.hosts.values():
            host.close()
        self.store.close()

    def _tick(self) -> None:
        while not self._is_over.wait(BETWEEN):
            for host in self.hosts.values():
                if not self._is_over.is_set():
                    host.tick()


def until(holds: Callable[[], object], told: Callable[[], str], patience: float = PATIENCE) -> None:
    """Look from time to time whether this holds."""
    deadline = CLOCK.elapsed() + patience
    while not holds():
        assert CLOCK.elapsed() < deadline, told()
        CLOCK.sleep(STEP)


def environ_of(pid: int) -> Mapping[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)

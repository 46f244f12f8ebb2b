"""Other schedulers over many hosts, each with a program as its documentation has it.

Each gets the same tasks, all due at the same second of a minute, and starts the same command for
each, by `subprocess.run`.  Their packages are in an environment of their own, made when it is asked
for and kept in the folder of temporary files.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from parts.database import free_port, processor_time

PACKAGES = (
    "procrastinate>=3.7,<4",
    "psycopg[binary]>=3.2",
    "celery[redis]>=5.5",
    "apscheduler==4.0.0a6",
    "sniffio",  # which it needs and does not name
    "sqlalchemy[asyncio]>=2.0.40",
)
AT_ONCE = 20  # tasks of one worker


class Rival(Struct, frozen=True):
    """A scheduler: the module with its tasks, and what Python runs of it: once, always, per worker.

    Its tasks come due each `period` seconds.
    """

    period: int
    module: str
    worker: tuple[str, ...]
    schema: tuple[str, ...] = ()
    beat: tuple[str, ...] = ()
    uses_redis: bool = False


HEAD = """
import os, subprocess
URL, FILE, PROGRAM = (os.environ[f"PEER_{name}"] for name in ("URL", "FILE", "PROGRAM"))
TASKS, AT_ONCE = (int(os.environ[f"PEER_{name}"]) for name in ("TASKS", "AT_ONCE"))
"""
PROCRASTINATE = """
import procrastinate
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL))
def start(timestamp, n):
    subprocess.run([PROGRAM, FILE, str(n)])
task = app.task(name="start")(start)
for n in range(TASKS):
    app.periodic(cron="* * * * * */20", periodic_id=str(n), task_kwargs={"n": n})(task)
def schema():
    with app.open():
        app.schema_manager.apply_schema()
def work():
    app.run_worker(concurrency=AT_ONCE)
"""
APSCHEDULER = """
import asyncio, apscheduler
from apscheduler.datastores.sqlalchemy import SQLAlchemyDataStore
from apscheduler.eventbrokers.psycopg import PsycopgEventBroker
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.ext.asyncio import create_async_engine
def start(n):
    subprocess.run([PROGRAM, FILE, str(n)])
async def run(does):
    store = SQLAlchemyDataStore(create_async_engine(URL.replace("://", "+psycopg://")))
    events = PsycopgEventBroker(URL)
    async with apscheduler.AsyncScheduler(store, events, max_concurrent_jobs=AT_ONCE) as scheduler:
        await does(scheduler)
async def add(scheduler):
    for n in range(TASKS):
        await scheduler.add_schedule(start, CronTrigger(second="*/20"), args=[n], id=str(n))
def schema():
    asyncio.run(run(add))
def work():
    asyncio.run(run(lambda scheduler: scheduler.run_until_stopped()))
"""
CELERY = """
import celery, celery.schedules
app = celery.Celery("peer", broker=URL)
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_concurrency=AT_ONCE)
@app.task(name="start")
def start(n):
    subprocess.run([PROGRAM, FILE, str(n)])
each = {"task": "start", "schedule": celery.schedules.crontab()}
app.conf.beat_schedule = {str(n): {**each, "args": [n]} for n in range(TASKS)}
"""
SCHEMA, WORK = ("-c", "import peer; peer.schema()"), ("-c", "import peer; peer.work()")
CELERY_PROGRAM = ("-m", "celery", "-A", "peer")
QUIETLY = ("--loglevel", "ERROR")
RIVALS = {
    "procrastinate": Rival(20, PROCRASTINATE, WORK, SCHEMA),
    "apscheduler": Rival(20, APSCHEDULER, WORK, SCHEMA),
    "celery": Rival(
        60,
        CELERY,
        (*CELERY_PROGRAM, "worker", *QUIETLY, "-n", "{number}@%h"),
        beat=(*CELERY_PROGRAM, "beat", *QUIETLY),
        uses_redis=True,
    ),
}


def environment() -> str | None:
    """The Python that has their packages; None if they cannot be had."""
    folder = Path(tempfile.gettempdir(), f"jobrunner-peers-{os.geteuid()}")
    python = folder / "bin/python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        make = [sys.executable, "-m", "venv", folder]
        install = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
        for command in (make, install):
            if subprocess.run(command, check=False, capture_output=True).returncode:
                return None
        (folder / "complete").touch()
    return str(python)


class Redis:
    """A Redis of one's own, as it comes; what it costs can be seen."""

    def __init__(self, folder: str) -> None:
        port = free_port()
        options = ["--bind", "127.0.0.1", "--port", f"{port}", "--dir", folder]
        self.url = f"redis://127.0.0.1:{port}/0"
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)

    def cpu(self) -> float:
        return processor_time(self.process.pid)


@contextmanager
def broker() -> Iterator[Redis]:
    with tempfile.TemporaryDirectory(prefix="jobrunner-redis-") as folder:
        redis = Redis(folder)
        try:
            yield redis
        finally:
            redis.process.terminate()
            redis.process.wait()


def can_run(name: str) -> bool:
    return not RIVALS[name].uses_redis or shutil.which("redis-server") is not None


@contextmanager
def running(
    name: str, folder: Path, url: str, *, tasks: int, workers: int, command: tuple[str, str]
) -> Iterator[None]:
    """A scheduler with so many tasks and workers; each task starts `command` with its number."""
    rival, python = RIVALS[name], environment()
    folder.mkdir()
    (folder / "peer.py").write_text(HEAD + rival.module)
    program, file = command
    told = {"URL": url, "FILE": file, "PROGRAM": program, "TASKS": tasks, "AT_ONCE": AT_ONCE}
    environ = os.environ | {f"PEER_{key}": f"{value}" for key, value in told.items()}
    how = {"cwd": folder, "env": environ, "stdin": subprocess.DEVNULL}
    log = (folder / "log").open("wb")
    if rival.schema:
        subprocess.run([python, *rival.schema], check=True, stderr=log, **how)
    lines = [rival.beat] if rival.beat else []
    lines += [rival.worker] * workers
    started = [
        subprocess.Popen(
            [python, *(word.replace("{number}", f"{number}") for word in line)],
            start_new_session=True,
            stdout=log,
            stderr=log,
            **how,
        )
        for number, line in enumerate(lines)
    ]
    try:
        yield
    finally:
        for each in started:
            os.killpg(each.pid, signal.SIGKILL)
            each.wait()
        log.close()

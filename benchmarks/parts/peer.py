"""Other schedulers, fetched into a folder and run there: what cannot be had is left out.

Cron's daemons look into fixed folders: they run in a mount namespace that shows them ours, which
takes root.  One that is installed is used; cronie's is called crond.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("cronie", "cron", "yacron", "cronstable", "apscheduler")
CRONS = {"cronie": ("crond", "-n"), "cron": ("cron", "-f")}
PACKAGES = {"yacron": "yacron", "cronstable": "cronstable", "apscheduler": "APScheduler"}
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
APART = """
mount --bind "$1" /var/spool && mount -t tmpfs none /run || exit 1
shift; exec "$@"
"""
SCRIPT = """
import subprocess, sys
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
scheduler = BlockingScheduler(executors={"default": ThreadPoolExecutor(100)})
for _ in range(int(sys.argv[1])):
    scheduler.add_job(subprocess.run, "cron", args=[["sh", "-c", sys.argv[2]]], minute="*")
scheduler.start()
"""
ENTRY = '  - name: job-{}\n    command: "{}"\n    schedule: "* * * * *"\n'


@contextmanager
def running(name: str, folder: str, commands: list[str]) -> Iterator[int | None]:
    """The process of a scheduler that starts these every minute; None if it cannot be had."""
    line = _cron(name, folder, commands) if name in CRONS else _python(name, folder, commands)
    if line is None:
        yield None
        return
    quiet = subprocess.DEVNULL
    started = subprocess.Popen(
        line, stdin=quiet, stdout=quiet, stderr=quiet, cwd=folder, start_new_session=True
    )
    try:
        yield started.pid
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def _cron(name: str, folder: str, commands: list[str]) -> list[str] | None:
    """One crontab of root's, where either daemon looks."""
    if os.geteuid() != 0:
        return None
    program, option = CRONS[name]
    found = shutil.which(program, path=PATH) or _unpacked(name, program, folder)
    if found is None:
        return None
    lines = "".join(f"* * * * * {command}\n" for command in commands)
    for place in ("cron/crontabs", "cron"):
        crontab = Path(folder, "spool", place, "root")
        crontab.parent.mkdir(parents=True, exist_ok=True)
        crontab.write_text(f'MAILTO=""\n{lines}')
        crontab.chmod(0o600)
    spool = f"{folder}/spool"
    return ["unshare", "-m", "sh", "-c", APART, "apart", spool, found, option]


def _unpacked(name: str, program: str, folder: str) -> str | None:
    """The daemon out of Debian's package, which is not installed for this."""
    if not _works("apt-get", "download", name, cwd=folder):
        return None
    for package in Path(folder).glob(f"{name}_*.deb"):
        _works("dpkg", "-x", str(package), f"{folder}/{name}", cwd=folder)
    return shutil.which(program, path=f"{folder}/{name}/usr/sbin")


def _python(name: str, folder: str, commands: list[str]) -> list[str] | None:
    venv = f"{folder}/venv"
    # yacron wants pkg_resources, which came with setuptools until version 81.
    packages = (PACKAGES[name], "setuptools<81")
    is_there = _works(sys.executable, "-m", "venv", venv, cwd=folder) and _works(
        f"{venv}/bin/pip", "install", *packages, cwd=folder
    )
    if not is_there:
        return None
    if name == "apscheduler":
        return [f"{venv}/bin/python", "-c", SCRIPT, f"{len(commands)}", commands[0]]
    plan = Path(folder, f"{name}.yaml")
    entries = (ENTRY.format(n, command) for n, command in enumerate(commands))
    plan.write_text("jobs:\n" + "".join(entries))
    return [f"{venv}/bin/{name}", "-c", str(plan)]


def _works(*command: str, cwd: str) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True, cwd=cwd).returncode == 0
    except OSError:
        return False

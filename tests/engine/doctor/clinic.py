"""A host in a folder, for a doctor to look at: planted files, a jobs.toml, a real ledger."""

import os
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from jobrunner.engine.doctor.examine import examine
from jobrunner.engine.doctor.kernel import Synchrony
from jobrunner.engine.doctor.patient import Look
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State
from jobrunner.engine.ticker import Host
from jobrunner.jobfile.place import Asker
from tests.build import NOON, FakeClock

JOBS = """\
[jobs.backup]
cron = "30 2 * * *"
command = "true"
timeout = "1h"
"""
MINUTE = timedelta(minutes=1)
ZONES = "# version 2026c\n"
TIMER = "[Timer]\nOnCalendar=minutely\n"


class Clinic:
    """Everything that a doctor is shown; with nothing changed there is nothing wrong with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.file = folder / "app" / "jobs.toml"
        self.state = State(f"{folder}/app/.jobrunner")
        self.environ = {"PATH": "/usr/bin:/bin", "TZ": "Europe/Berlin"}
        self.synchrony = Synchrony(is_synchronised=True, offset=timedelta(milliseconds=3))
        self.file.parent.mkdir()
        self.write(JOBS)
        self.plant("/usr/share/zoneinfo/tzdata.zi", ZONES)

    def write(self, text: str) -> None:
        self.file.write_text(text)
        self.file.chmod(0o640)

    def plant(self, path: str, text: str = "") -> Path:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o644)
        return place

    def cron(self, name: str = "jobrunner", *, line: str = "* * * * *") -> None:
        """A line in /etc/cron.d, and a cron that reads it."""
        self.plant("/proc/77/comm", "cron\n")
        self.plant(f"/etc/cron.d/{name}", f"{line} root jobrunner tick -c {self.file}\n")

    def timer(self, service: str = "KillMode=process", *, folder: str = "/etc/systemd/system"):
        self.plant("/run/systemd/system/x.slice")
        start = f"[Service]\nExecStart=/opt/bin/jobrunner tick -c {self.file}\n{service}\n"
        self.plant(f"{folder}/jobrunner.timer", TIMER)
        self.plant(f"{folder}/timers.target.wants/jobrunner.timer")
        self.plant(f"{folder}/jobrunner.service", start)

    def store(self):
        """The ledger, open; made if it is not there."""
        return ledger(self.state)

    def tick(self, *ages: timedelta) -> None:
        store = self.store()
        for age in ages or (timedelta(seconds=31),):
            store.note_tick("web-1", NOON - age, 2 * MINUTE)
        store.close()

    def look(self, **changes):
        host = Host(root=str(self.root), user="deploy", home="/home/deploy")
        asker = Asker(environ=self.environ, cwd=str(self.file.parent), uid=os.geteuid())
        asked = {
            "option": str(self.file),
            "asker": asker,
            "host": host,
            "clock": FakeClock(),
            "now": NOON,
            "synchrony": lambda: self.synchrony,
        }
        return examine(Look(**(asked | changes)))

    def found(self, check: str, **changes) -> list[tuple[str, str]]:
        """What is found in one matter: how bad, and the sentence."""
        found = self.look(**changes)
        return [(each.severity, each.message) for each in found if each.check == check]

    def worst(self, check: str, **changes):
        """The worst finding of a matter."""
        order = ("problem", "warning", "ok")
        found = [each for each in self.look(**changes) if each.check == check]
        return min(found, key=lambda each: order.index(each.severity))


@contextmanager
def as_nobody(clinic):
    """The folders above are opened to everybody, and this process is nobody for a while."""
    closed = [each for each in clinic.file.parents if not each.stat().st_mode & 0o001]
    modes = [(each, each.stat().st_mode) for each in closed]
    for folder, mode in modes:
        folder.chmod(mode | 0o055)
    clinic.file.chmod(0o644)
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
        for folder, mode in modes:
            folder.chmod(mode)

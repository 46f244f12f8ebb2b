"""A user's order, and programs that stand for cron's and systemd's where it is not about those."""

import os
from pathlib import Path

import pytest

from jobrunner.engine.install.order import order
from jobrunner.engine.install.place import Places
from jobrunner.engine.install.program import Program
from jobrunner.engine.ticker import Host, installed
from jobrunner.jobfile.place import Asker

# As Debian's: it takes no crontab whose last line has no end, and shows a carriage return as \r.
CRONTAB = """#!/bin/sh
file={folder}/crontab.of.user
case $1 in
-l) [ -e "$file" ] && exec sed 's/\\r/\\\\r/g' "$file"; echo "no crontab for ann" >&2; exit 1 ;;
-e) $VISUAL "$file" ;;
-r) exec rm "$file" ;;
-) cat > "$file.new"
   [ -s "$file.new" ] && [ -n "$(tail -c 1 "$file.new" | tr -d '\\n')" ] && {{
       echo "new crontab file is missing newline before EOF, can't install." >&2; exit 1; }}
   exec mv "$file.new" "$file" ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
echo "$*" >> {folder}/systemctl.log
[ ! -e {folder}/systemctl.fails ] || {{ echo "Access denied" >&2; exit 1; }}
"""
PROGRAM = Program(("/opt/jobrunner/bin/jobrunner",), "/opt/jobrunner/bin/python3", "/opt/jobrunner")


class Desk:
    """Where a test installs: a home, a jobs.toml, places of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = folder / "jobs.toml"
        self.jobs.write_text("[jobs.a]\ncommand = 'true'\n")
        self.crontab = folder / "crontab.of.user"
        for name, text in (("crontab", CRONTAB), ("systemctl", SYSTEMCTL)):
            (folder / name).write_text(text.format(folder=folder))
            (folder / name).chmod(0o755)
        for name in ("cron.d", "units", "manager"):
            (folder / name).mkdir()
        self.places = Places(
            cron_d=str(folder / "cron.d"),
            crontab=str(folder / "crontab"),
            units=str(folder / "units"),
            systemctl=str(folder / "systemctl"),
            manager=str(folder / "manager"),
            linger=str(folder / "linger"),
        )

    def order(self, *, is_host: bool = False, **environ):
        asker = Asker(environ={"HOME": "/root", **environ}, cwd=str(self.folder), uid=os.geteuid())
        return order(str(self.jobs), asker, PROGRAM, is_host=is_host)

    def tickers(self):
        """What ticks on a host that has nothing but this user's crontab."""

        def text() -> str:
            return self.crontab.read_text(errors="replace") if self.crontab.exists() else ""

        host = Host(
            root=str(self.folder / "empty"), user=self.order().user, home="/root", crontab=text
        )
        return installed(host)

    def systemctl(self):
        """What systemctl was told."""
        log = self.folder / "systemctl.log"
        return log.read_text().splitlines() if log.exists() else []


def pytest_collection_modifyitems(items):
    """What takes minutes begins first, and the other workers do the rest meanwhile."""
    items.sort(key=lambda item: not item.get_closest_marker("long"))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)

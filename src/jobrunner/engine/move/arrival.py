"""What moves in, read: crontabs, yacron's files, units of systemd."""

import os
import pwd
from collections.abc import Callable, Container, Sequence
from pathlib import PurePath

from msgspec.structs import replace

from jobrunner.config.spelling import shown
from jobrunner.engine.move import unit
from jobrunner.engine.move.tab import Tab
from jobrunner.errors import UnknownError
from jobrunner.formats import yacron as yacrons
from jobrunner.formats.crontab import read
from jobrunner.formats.found import Reading
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker

USERS = "each command begins with a user of this host; if that is who runs it: --style system"
# What there is to take over, given the names that are taken.
Source = Callable[[frozenset[str]], Sequence[Reading]]


def crontabs(tabs: Sequence[Tab], taken: frozenset[str]) -> Sequence[Reading]:
    """The jobs of several crontabs, whose names are all different."""
    readings: list[Reading] = []
    for tab in tabs:
        names = taken.union(job.name for reading in readings for job in reading.jobs)
        text = tab.text.replace("\r\n", "\n")
        found = read.read(tab.title, tab.path, text, style=tab.style, user=tab.user, taken=names)
        is_odd = tab.path and tab.style == "user" and _begin_with_users(found)
        readings.append(replace(found, notes=(USERS, *found.notes)) if is_odd else found)
    return readings


def _begin_with_users(reading: Reading) -> bool:
    """Whether each command is a user and a command rather, as in /etc/cron.d."""
    firsts = {(str(job.table["command"]).split() or [""])[0] for job in reading.jobs}
    return bool(firsts) and all(map(_is_user, firsts))


def _is_user(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except (KeyError, ValueError):
        return False


def yacron(file: str, asker: Asker) -> Source:
    """The jobs of a file of yacron's, and of those that it includes; of a folder, all of them."""
    disk, whole = Disk(asker.uid), str(PurePath(asker.cwd, file))
    files = [whole]
    if os.path.isdir(whole):  # noqa: PTH112 - paths are strings here
        found = [*disk.matches(f"{whole}/*.yaml"), *disk.matches(f"{whole}/*.yml")]
        files = sorted(path for path in found if not PurePath(path).name.startswith("_"))
    if not files:
        raise UnknownError(f"{shown(file)} holds no *.yaml.")
    seen: set[str] = set()

    def source(taken: Container[str]) -> Sequence[Reading]:
        readings: list[Reading] = []
        for path in files:
            if opened := _opener(path, disk, seen)(path):
                names = _Names(taken, readings)
                readings += yacrons.read(*opened, _opener(path, disk, seen), names)
        return readings

    return source


def systemd(name: str, asker: Asker, *, is_user: bool) -> Source:
    """The job of a timer and its service."""
    timer = unit.timer(name, asker, is_user=is_user)
    return lambda taken: [timer.reading(taken)]


class _Names:
    """The names that are taken before and by what was read already."""

    def __init__(self, taken: Container[str], readings: Sequence[Reading]) -> None:
        self._taken, self._readings = taken, readings

    def __contains__(self, name: object) -> bool:
        jobs = {job.name for reading in self._readings for job in reading.jobs}
        return name in self._taken or name in jobs


def _opener(beside: str, disk: Disk, seen: set[str]) -> yacrons.Open:
    def opened(name: str) -> tuple[str, str] | None:
        path = os.path.normpath(PurePath(beside).parent / name)
        if path in seen:
            return None
        seen.add(path)
        return path, disk.read(path).decode(errors="replace")

    return opened

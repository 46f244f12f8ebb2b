"""The units of a host: found where systemd looks for them, with their drop-ins."""

import os
from collections.abc import Container, Sequence
from pathlib import PurePath

from jobrunner.config.spelling import quoted
from jobrunner.errors import UnknownError, UnusableError
from jobrunner.formats import unitfile
from jobrunner.formats.found import Reading
from jobrunner.formats.systemd.read import Pair, read
from jobrunner.formats.unitfile import Unit
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker

SYSTEM = (
    "/etc/systemd",
    "/run/systemd",
    "/usr/local/lib/systemd",
    "/usr/lib/systemd",
    "/lib/systemd",
)


def timer(name: str, asker: Asker, *, is_user: bool) -> "Timer":
    """The timer of that name or path."""
    full = name if name.endswith(".timer") else f"{name.removesuffix('.service')}.timer"
    if full.endswith("@.timer"):
        hint = f"Name an instance of it, as {full.removesuffix('.timer')}NAME.timer"
        raise UnknownError(f"{full} is a template.\n{hint}")
    folders = _folders(asker, is_user=is_user)
    if "/" in full or os.path.lexists(PurePath(asker.cwd, full)):
        folders = [str(PurePath(asker.cwd, full).parent), *folders]
    unit = PurePath(full).name
    path = _find(unit, folders) or _find(_template(unit), folders)
    if path is None:
        hint = "Those of this host: systemctl list-timers --all"
        raise UnknownError(f"no timer named {quoted(unit)}.\n{hint}")
    return Timer(unit, path, folders, asker, is_user=is_user)


class Timer:
    """One timer with its service, read."""

    def __init__(
        self, name: str, path: str, folders: Sequence[str], asker: Asker, *, is_user: bool
    ) -> None:
        self._name, self._path, self._folders = name, path, folders
        self._disk, self._is_user = Disk(asker.uid), is_user

    def reading(self, taken: Container[str]) -> Reading:
        name = self._name
        texts = self._texts(name, self._path)
        own = unitfile.read(texts)
        served = own.value("Timer", "Unit") or f"{name.removesuffix('.timer')}.service"
        pair = Pair(name, own, served, self._service(served), is_user=self._is_user)
        return read(pair, self._path, texts[0].count("\n"), taken)

    def _service(self, name: str) -> Unit:
        path = _find(name, self._folders) or _find(_template(name), self._folders)
        if path is None:
            raise UnusableError(f"{name}, which the timer starts, is in none of its folders.")
        return unitfile.read(self._texts(name, path))

    def _texts(self, name: str, path: str) -> list[str]:
        """The file, and its drop-ins by their names; of two with one name the first folder's."""
        found: dict[str, str] = {}
        for folder in reversed(self._folders):
            drops = self._disk.matches(f"{folder}/{name}.d/*.conf")
            found |= {PurePath(drop).name: drop for drop in drops}
        return [self._text(one) for one in (path, *(found[drop] for drop in sorted(found)))]

    def _text(self, path: str) -> str:
        return self._disk.read(path).decode(errors="replace")


def _template(name: str) -> str:
    """The unit that a name with an @ is an instance of; the name itself for another one."""
    stem, at, rest = name.partition("@")
    return f"{stem}@.{rest.rpartition('.')[2]}" if at else name


def _find(name: str, folders: Sequence[str]) -> str | None:
    return next((path for folder in folders if os.path.lexists(path := f"{folder}/{name}")), None)


def _folders(asker: Asker, *, is_user: bool) -> list[str]:
    if not is_user:
        return [f"{folder}/system" for folder in SYSTEM]
    home = asker.environ.get("HOME", "")
    config = asker.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return [f"{config}/systemd/user", *(f"{folder}/user" for folder in SYSTEM)]

"""A cgroup for a command, where one can be had: nothing that it starts can leave it unseen."""

import os
from _thread import start_new_thread
from contextlib import suppress
from functools import cache
from pathlib import Path

from jobrunner.process.birth import Status, status

MOUNTS = Path("/proc/self/mountinfo")
OURS = Path("/proc/self/cgroup")
KILL, PROCS = "cgroup.kill", "cgroup.procs"
_PROVED: set[Path] = set()  # below which a group was seen that is as wanted


@cache
def home() -> Path | None:
    """Our own cgroup, of version 2, if groups can be made in it; the tree may have no controllers.

    What counts is whether it can be written, not which version the host says it has.
    """
    try:
        found = _ours(MOUNTS.read_text(), OURS.read_text())
    except OSError:  # a kernel without any
        return None
    return found if found is not None and os.access(found / PROCS, os.W_OK) else None


def make(name: str) -> str:
    """A new cgroup below ours; '' where none can be had that can be killed as a whole."""
    base = home()
    if base is None:
        return ""
    group = f"{base}/{name}"
    try:
        os.mkdir(group, 0o755)  # noqa: PTH102 - a thousand starts a minute
    except OSError:
        return ""
    if _is_whole(base, name):
        return group
    remove(group)
    return ""


def _is_whole(base: Path, name: str) -> bool:
    """Whether a group that was made can be joined, and killed as a whole: as one, so all."""
    if base not in _PROVED:
        group = f"{base}/{name}"
        if not (os.access(f"{group}/{KILL}", os.F_OK) and os.access(f"{group}/{PROCS}", os.W_OK)):
            return False
        _PROVED.add(base)
    return True


def get_ready() -> None:
    """Have those that start now join their groups at once.

    The first join in a while waits until every CPU was heard of, 8 to 16 ms, and who makes a group
    waits with it.  It is anticipated by a thread that joins our own group, where we are already.
    """
    base = home()
    if base is not None:
        with suppress(RuntimeError):  # there is no thread to be had, and the first one waits
            start_new_thread(_join, (f"{base}/{PROCS}",))


def _join(procs: str) -> None:
    with suppress(OSError):  # whatever is wrong there, starting a command is to meet it, and tell
        file = os.open(procs, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(file, b"0")
        finally:
            os.close(file)


def remove(group: str) -> bool:
    """Remove it; False while something lives in it."""
    try:
        os.rmdir(group)  # noqa: PTH106 - a thousand ends a minute
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def remove_empty(prefix: str) -> None:
    """Remove each group of ours whose name begins so, unless something lives in it."""
    base = home()
    with suppress(OSError):  # then they are removed some other time
        for name in os.listdir(base) if base else ():  # noqa: PTH208 - names are all that is wanted
            if name.startswith(prefix):
                remove(f"{base}/{name}")


def members(group: str) -> list[Status]:
    """What lives in it."""
    try:
        pids = Path(group, PROCS).read_text().split()
    except OSError:
        return []
    # 0 is a process of another pid namespace: no number of ours names it.
    found = [status(int(pid)) for pid in pids if pid != "0"]
    return [each for each in found if each is not None and not each.is_dead]


def kill(group: str) -> None:
    """Kill all that is in it at once, what is just being started too."""
    with suppress(OSError):
        Path(group, KILL).write_text("1")


def _ours(mounts: str, groups: str) -> Path | None:
    name = next((line[3:] for line in groups.splitlines() if line.startswith("0::")), None)
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if name is not None and after.split(" ")[0] == "cgroup2":
            root, point = (_plain(each) for each in before.split(" ")[3:5])
            below = os.path.relpath(name, root)
            return None if below.startswith("..") else Path(point, below)
    return None


def _plain(text: str) -> str:
    """A path as mountinfo writes it: blanks and the like are octal there."""
    for code in (" ", "\t", "\n", "\\"):
        text = text.replace(f"\\{ord(code):03o}", code)
    return text

"""Finds keepers that another supervisor started, by the mark in their environment."""

import os
from collections.abc import Iterator

from jobrunner.process.birth import Birth, boot_id, status
from jobrunner.process.keeper import NAME

MARK = "JOBRUNNER_MARK"


def keepers() -> dict[str, Birth]:
    """Every keeper of this host that we may look at, by its mark.

    A keeper leads its session and has a keeper's arguments: the subshell that is to become the
    command is a member only.  Of several with one mark it is the oldest: it started the others.
    """
    found: dict[str, Birth] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are all that is wanted
        if name.isdigit() and (mark := _mark(int(name))):
            seen = status(int(name))
            if seen is not None and seen.session == seen.pid and not seen.is_dead:
                birth = Birth(seen.pid, boot_id(), seen.started)
                found[mark] = min(found.get(mark, birth), birth, key=_age)
    return found


def marks() -> set[str]:
    """Every mark that a process of this host bears, as far as a look can tell.

    One in the midst of its exec shows no environment: who shows none is looked at once more.
    """
    found: set[str] = set()
    names = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - as above
    for _ in range(2):
        environs = {name: _read(int(name), "environ") for name in names}
        found.update(mark for environ in environs.values() for mark in _marks_in(environ))
        names = [name for name, environ in environs.items() if not environ]
    return found


def _age(birth: Birth) -> tuple[int, int]:
    return birth.started, birth.pid


def _mark(pid: int) -> str:
    """The mark of a process with a keeper's arguments; '' of any other."""
    if _read(pid, "cmdline").split(b"\0")[3:4] != [NAME.encode()]:
        return ""
    return next(_marks_in(_read(pid, "environ")), "")


def _marks_in(environ: bytes) -> Iterator[str]:
    wanted = f"{MARK}=".encode()
    return (os.fsdecode(e[len(wanted) :]) for e in environ.split(b"\0") if e.startswith(wanted))


def environment(keeper: Birth) -> dict[str, str] | None:
    """What a keeper, and so its command, was started with; None if it is gone."""
    entries = os.fsdecode(_read(keeper.pid, "environ")).split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry) or None


def child(keeper: Birth) -> int | None:
    """The process of a keeper's command; None if it is gone, or the kernel does not tell."""
    children = _read(keeper.pid, f"task/{keeper.pid}/children").split()
    return int(children[0]) if children else None


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123 - quick
            return file.read()
    except OSError:
        return b""

"""Finds keepers that another supervisor started, by the mark in their environment."""

import os

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


def _age(birth: Birth) -> tuple[int, int]:
    return birth.started, birth.pid


def _mark(pid: int) -> str:
    """The mark of a process with a keeper's arguments; '' of any other."""
    if _read(pid, "cmdline").split(b"\0")[3:4] != [NAME.encode()]:
        return ""
    wanted = f"{MARK}=".encode()
    entries = _read(pid, "environ").split(b"\0")
    return next((os.fsdecode(e[len(wanted) :]) for e in entries if e.startswith(wanted)), "")


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123 - quick
            return file.read()
    except OSError:
        return b""

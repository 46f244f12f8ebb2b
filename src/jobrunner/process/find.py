"""Finds keepers that another supervisor started, by the mark in their environment."""

import os
import select
from collections.abc import Iterator

from jobrunner.process.birth import Birth, boot_id, is_in_exec, status
from jobrunner.process.keeper import NAME

MARK = "JOBRUNNER_MARK"
LOOKS = 200
STEP = 5  # milliseconds between two looks at those in the midst of an exec


def keepers() -> dict[str, Birth]:
    """Every keeper of this host that we may look at, by its mark.

    A keeper leads its session and has a keeper's arguments: the subshell that is to become the
    command is a member only.  Of several with one mark it is the oldest: it started the others.
    """
    found: dict[str, Birth] = {}
    for pid, environ in _environs():
        mark = next(_marks_in(environ), "")
        if mark and _is_named(pid):
            seen = status(pid)
            if seen is not None and seen.session == seen.pid and not seen.is_dead:
                birth = Birth(seen.pid, boot_id(), seen.started)
                found[mark] = min(found.get(mark, birth), birth, key=_age)
    return found


def marks() -> set[str]:
    """Every mark that a process of this host bears, as far as a look can tell."""
    return {mark for _, environ in _environs() for mark in _marks_in(environ)}


def _environs() -> Iterator[tuple[int, bytes]]:
    """What each process was started with.

    One in the midst of its exec shows nothing, on a busy host for a tenth of a second: it is looked
    at until that is over, or a second is.
    """
    late = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - quick
    for _ in range(LOOKS):
        pids, late = late, []
        for pid in pids:
            if environ := _read(pid, "environ"):
                yield pid, environ
            elif (seen := status(pid)) and is_in_exec(seen):
                late.append(pid)
            elif environ := _read(pid, "environ"):  # its exec was over between the looks
                yield pid, environ
        if not late:
            return
        select.poll().poll(STEP)


def _age(birth: Birth) -> tuple[int, int]:
    return birth.started, birth.pid


def _is_named(pid: int) -> bool:
    """Whether it has a keeper's arguments."""
    return _read(pid, "cmdline").split(b"\0")[3:4] == [NAME.encode()]


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

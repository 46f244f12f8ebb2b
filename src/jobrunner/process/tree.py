"""Stops a command with all that it started: asked first, then by force, until none is left."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.process import cgroup
from jobrunner.process.birth import Birth, Child, Status, open_pidfd
from jobrunner.process.census import Census

FORCE = 10.0  # seconds that sweeps may take; what runs away so long can outrun any number of them
LOOKS = 20  # for new ones, before those that were found are killed
MOST_HELD = 256  # descriptors
DEATH = 2.0  # seconds for the killed to be gone


class Tree(Struct, frozen=True, kw_only=True):
    """A command and all that it started.

    `marker` is an entry of its environment, NAME=value, that no other command of this host has.
    """

    keeper: Birth
    marker: str
    cgroup: str = ""

    def census(self) -> Census:
        """What finds its processes; one that is kept goes on knowing those that it found."""
        return Census(self.keeper, self.marker)


def ask(tree: Tree, number: int = signal.SIGTERM, census: Census | None = None) -> int:
    """Signal each process of the command, and wake those that are stopped; how many there were.

    The keeper is spared: it stores the code.
    """
    found = {each.pid: each for each in _living(tree, census or tree.census())}
    return sum(_send(each, number, signal.SIGCONT) for each in found.values())


def is_empty(tree: Tree, census: Census | None = None) -> bool:
    """Whether nothing of the command is alive, as far as one look can tell."""
    return not [*_living(tree, census or tree.census())]


def stop(tree: Tree, child: Child, number: int, grace: float, clock: Clock) -> list[int]:
    """Ask, give `grace` seconds, then end what is left; the pids that are alive nevertheless.

    It waits: a caller with other things to do calls `ask`, and `end` when its own timer fires.
    """
    census = tree.census()
    ask(tree, number, census)
    _wait([child.pidfd], grace)
    return end(tree, clock, census)


def end(tree: Tree, clock: Clock, census: Census | None = None) -> list[int]:
    """Kill all that is left of a command; the pids of those that are alive nevertheless.

    With a cgroup none can escape.  Without, each is stopped where it is found until no new one
    turns up, so that none starts another meanwhile, and then they are killed; again, until a look
    finds none.  A keeper whose command is gone ends by itself; one that does not is killed.
    """
    until = clock.elapsed() + FORCE
    is_held = bool(tree.cgroup and cgroup.members(tree.cgroup))  # none of it can get away
    if tree.cgroup:
        cgroup.kill(tree.cgroup)
    census = census or tree.census()
    held: dict[Birth, int] = {}
    try:
        while clock.elapsed() < until and _sweep(tree, census, held, is_held=is_held):
            _kill(held)
    finally:
        _kill(held)
    survivors = sorted({each.pid for each in _living(tree, census)})
    return survivors if _end_keeper(tree.keeper) else [*survivors, tree.keeper.pid]


def _living(tree: Tree, census: Census) -> Iterator[Status]:
    """Each as soon as it is found; one may come twice."""
    spared = {tree.keeper.pid, os.getpid()}
    grouped = cgroup.members(tree.cgroup) if tree.cgroup else []
    yield from (each for each in grouped if each.pid not in spared)
    yield from census.take()


def _sweep(tree: Tree, census: Census, held: dict[Birth, int], *, is_held: bool) -> bool:
    """Stop all that can be found, until a look surely finds nothing new; whether there was any."""
    was_any = False
    for _ in range(LOOKS):
        births = (Birth(each.pid, tree.keeper.boot, each.started) for each in _living(tree, census))
        new = [birth for birth in births if _hold(birth, held)]
        if not new and (is_held or census.is_sure):
            break
        was_any |= bool(new)
    return was_any


def _hold(birth: Birth, held: dict[Birth, int]) -> bool:
    """Stop it at once, and keep its descriptor; whether it is a new one, though it may be gone.

    The rest of very many has its turn later.
    """
    if birth in held or len(held) >= MOST_HELD:
        return False
    pidfd = open_pidfd(birth.pid, birth.started)
    if pidfd is not None:
        held[birth] = pidfd
        _signal(pidfd, signal.SIGSTOP)
    return True


def _kill(held: dict[Birth, int]) -> None:
    """Kill what is held, wait until it is gone, and let go of it."""
    for pidfd in held.values():
        _signal(pidfd, signal.SIGKILL)
    _wait(list(held.values()), DEATH)
    for pidfd in held.values():
        os.close(pidfd)
    held.clear()


def _end_keeper(keeper: Birth) -> bool:
    """Whether the keeper is gone: by itself, now that its command is, or by force."""
    pidfd = open_pidfd(keeper.pid, keeper.started)
    if pidfd is None:
        return True
    try:
        _signal(pidfd, signal.SIGCONT)
        if _wait([pidfd], DEATH):
            return True
        _signal(pidfd, signal.SIGKILL)
        return _wait([pidfd], DEATH)
    finally:
        os.close(pidfd)


def _send(each: Status, *numbers: int) -> bool:
    pidfd = open_pidfd(each.pid, each.started)
    if pidfd is None:
        return False
    for number in numbers:
        _signal(pidfd, number)
    os.close(pidfd)
    return True


def _signal(pidfd: int, number: int) -> None:
    # Gone meanwhile; or not ours to signal, and then it is told among the survivors.
    with suppress(ProcessLookupError, PermissionError):
        signal.pidfd_send_signal(pidfd, number)


def _wait(pidfds: list[int], seconds: float) -> bool:
    """Wait until all have ended; False if one has not within the time that each is given."""
    poll = select.poll()
    for pidfd in pidfds:
        poll.register(pidfd, select.POLLIN)
    left = len(pidfds)
    while left:
        ended = poll.poll(seconds * 1000)
        if not ended:
            return False
        for pidfd, _ in ended:
            poll.unregister(pidfd)
        left -= len(ended)
    return True

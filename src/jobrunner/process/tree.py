"""Stops a command with all that it started: asked first, then by force, until none is left."""

import os
import select
import signal
from collections.abc import Generator, Iterable, Iterator
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

    It waits: a caller with other things to do calls `ask`, and takes a Sweep when its own timer
    fires.
    """
    census = tree.census()
    ask(tree, number, census)
    _ended([child.pidfd], grace)
    return end(tree, clock, census)


def end(tree: Tree, clock: Clock, census: Census | None = None) -> list[int]:
    """Kill all that is left of a command, and wait; the pids that are alive nevertheless."""
    sweep = Sweep(tree, clock, census)
    while not sweep.step():
        _ended(sweep.pidfds, max(0.0, sweep.next_at - clock.elapsed()))
    return sweep.survivors


class Pause(Struct, frozen=True):
    """Go on at this time of the clock of durations, or as soon as one of these has ended."""

    until: float
    pidfds: tuple[int, ...] = ()


Steps = Generator[Pause, None, None]
Asking = Generator[Pause, None, bool]


class Sweep:
    """Kills all that is left of a command, in steps that wait for nothing.

    With a cgroup none can escape.  Without, each is stopped where it is found until no new one
    turns up, so that none starts another meanwhile, and then they are killed; again, until a look
    finds none.  A keeper whose command is gone ends by itself; one that does not is killed.

    The next step is due at `next_at`, or as soon as one of `pidfds` is readable.  A step that fails
    (OSError) has killed what it held, and ends the sweep: another one has to begin.
    """

    def __init__(self, tree: Tree, clock: Clock, census: Census | None = None) -> None:
        self._tree = tree
        self._clock = clock
        self._census = census or tree.census()
        self._held: dict[Birth, int] = {}
        self._steps = self._all()
        self._pause = Pause(clock.elapsed())
        self.survivors: list[int] = []  # when it is over

    @property
    def next_at(self) -> float:
        return self._pause.until

    @property
    def pidfds(self) -> tuple[int, ...]:
        return self._pause.pidfds

    def step(self) -> bool:
        """Do what can be done now; whether it is over."""
        found = next(self._steps, None)
        self._pause = found or Pause(self._clock.elapsed())
        return found is None

    def _all(self) -> Steps:
        tree, clock = self._tree, self._clock
        until = clock.elapsed() + FORCE
        is_held = bool(tree.cgroup and cgroup.members(tree.cgroup))  # none of it can get away
        if tree.cgroup:
            cgroup.kill(tree.cgroup)
        try:
            while clock.elapsed() < until and (yield from self._hold_all(is_held=is_held)):
                yield from self._kill()
        finally:
            self._let_go()
        survivors = {each.pid for each in _living(tree, self._census)}
        if not (yield from self._end_keeper()):
            survivors.add(tree.keeper.pid)
        self.survivors = sorted(survivors)

    def _hold_all(self, *, is_held: bool) -> Asking:
        """Stop all that can be found, until a look surely finds nothing new; whether any was."""
        was_any = False
        for _ in range(LOOKS):
            boot = self._tree.keeper.boot
            found = _living(self._tree, self._census)
            births = (Birth(each.pid, boot, each.started) for each in found)
            new = [birth for birth in births if self._hold(birth)]
            if not new and (is_held or self._census.is_sure):
                break
            was_any |= bool(new)
            yield Pause(self._clock.elapsed())
        return was_any

    def _hold(self, birth: Birth) -> bool:
        """Stop it at once, and keep its descriptor; whether it is a new one, though it may be gone.

        The rest of very many has its turn later.
        """
        if birth in self._held or len(self._held) >= MOST_HELD:
            return False
        pidfd = open_pidfd(birth.pid, birth.started)
        if pidfd is not None:
            self._held[birth] = pidfd
            _signal(pidfd, signal.SIGSTOP)
        return True

    def _kill(self) -> Steps:
        """Kill what is held, and let go of it when it is gone."""
        for pidfd in self._held.values():
            _signal(pidfd, signal.SIGKILL)
        yield from self._gone(*self._held.values())
        self._let_go()

    def _let_go(self) -> None:
        """Nothing that was stopped is left so, wherever the sweep ends."""
        for pidfd in self._held.values():
            _signal(pidfd, signal.SIGKILL)
            os.close(pidfd)
        self._held.clear()

    def _end_keeper(self) -> Asking:
        """Whether the keeper is gone: by itself, now that its command is, or by force."""
        keeper = self._tree.keeper
        pidfd = open_pidfd(keeper.pid, keeper.started)
        if pidfd is None:
            return True
        try:
            _signal(pidfd, signal.SIGCONT)
            if (yield from self._gone(pidfd)):
                return True
            _signal(pidfd, signal.SIGKILL)
            return (yield from self._gone(pidfd))
        finally:
            os.close(pidfd)

    def _gone(self, *pidfds: int) -> Asking:
        """Whether all end; False if none has within the time that each is given."""
        left = {*pidfds}
        until = self._clock.elapsed() + DEATH
        while left:
            if ended := _ended([*left], 0):
                left -= ended
                until = self._clock.elapsed() + DEATH
            elif self._clock.elapsed() >= until:
                return False
            else:
                yield Pause(until, (*left,))
        return True


def _living(tree: Tree, census: Census) -> Iterator[Status]:
    """Each as soon as it is found; one may come twice."""
    spared = {tree.keeper.pid, os.getpid()}
    grouped = cgroup.members(tree.cgroup) if tree.cgroup else []
    yield from (each for each in grouped if each.pid not in spared)
    yield from census.take()


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


def _ended(pidfds: Iterable[int], seconds: float) -> set[int]:
    """Those that have ended; where none has, one is waited for."""
    poll = select.poll()
    for pidfd in pidfds:
        poll.register(pidfd, select.POLLIN)
    return {pidfd for pidfd, _ in poll.poll(seconds * 1000)}

"""Which process it is: a number alone is given to another one as soon as its owner is gone."""

import os
from functools import cache
from pathlib import Path

from msgspec import Struct

BOOT = Path("/proc/sys/kernel/random/boot_id")
# The fields of stat after the name in brackets, and flags of <linux/sched.h>.
STATE, PARENT, SESSION, FLAGS, STARTED = 0, 1, 3, 6, 19
EXITING, KERNELS = 0x4, 0x200000


class Birth(Struct, frozen=True):
    """A process for good: its number, the boot it lives in, and its start in ticks of that boot."""

    pid: int
    boot: str
    started: int


class Child(Struct, frozen=True):
    """A keeper that runs, or ran: the descriptor becomes readable when it has ended.

    `known` is which process it is, where that had to be asked already.
    """

    pid: int
    pidfd: int
    known: Birth | None = None

    @property
    def birth(self) -> Birth:
        """Which process it is; of our own child that is as well asked later, until it is reaped."""
        return self.known or birth_of(self.pid)

    def close(self) -> None:
        """Let go of the descriptor; the process is not touched."""
        os.close(self.pidfd)


class Status(Struct, frozen=True):
    """One line of the kernel's table of processes."""

    pid: int
    state: str
    parent: int
    session: int
    started: int
    flags: int

    @property
    def is_dead(self) -> bool:
        """Whether only its entry is left."""
        return self.state in {"Z", "X", "x"}


@cache
def boot_id() -> str:
    """The kernel's name for the time since the host started."""
    return BOOT.read_text().strip()


def status(pid: int) -> Status | None:
    """What the kernel says of a process; None when there is none with this number."""
    try:
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    try:
        text = os.read(file, 4096)
    except ProcessLookupError:
        return None
    finally:
        os.close(file)
    # The name may hold anything, brackets and blanks too: it ends at the last bracket.
    fields = text[text.rindex(b")") + 2 :].split()
    return Status(
        pid,
        fields[STATE].decode(),
        int(fields[PARENT]),
        int(fields[SESSION]),
        int(fields[STARTED]),
        int(fields[FLAGS]),
    )


def is_in_exec(each: Status) -> bool:
    """Whether it is about to become another program: until it has, it shows nothing of either."""
    if each.is_dead or each.flags & (EXITING | KERNELS):
        return False
    try:
        return not Path(f"/proc/{each.pid}/cmdline").read_bytes()
    except OSError:
        return False


def birth_of(pid: int) -> Birth:
    """The process that has this number now, which has to be there: us, or a child of ours."""
    found = status(pid)
    assert found is not None
    return Birth(pid, boot_id(), found.started)


def open_pidfd(pid: int, started: int) -> int | None:
    """A descriptor of the process that started then; None when it is gone or another one.

    The descriptor comes first: what is seen afterwards is seen of the process that it holds,
    or of a younger one, whose start differs.
    """
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    now = status(pid)
    if now is None or now.started != started:
        os.close(pidfd)
        return None
    return pidfd

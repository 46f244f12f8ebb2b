"""Descriptors: which ones a command inherits, and how many there may be."""

import fcntl
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OUR_OWN = 24  # the ledger, the log, what one start needs for a moment
FIRST_FREE = 10  # below are those that a shell names, and that the command's own are copied to


@contextmanager
def lifted(*descriptors: int) -> Iterator[list[int]]:
    """The same descriptors, all at numbers that no copy overwrites while they are put in place.

    A caller whose own stdio is closed opens its files as 0, 1 and 2.
    """
    copies: list[int] = []
    try:
        yield [_lift(each, copies) for each in descriptors]
    finally:
        for copy in copies:
            os.close(copy)


def _lift(descriptor: int, copies: list[int]) -> int:
    if descriptor >= FIRST_FREE:
        return descriptor
    copies.append(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE))
    return copies[-1]


@contextmanager
def filled(content: bytes) -> Iterator[int]:
    """A descriptor from which this is read: a file in memory, so that no writer has to wait."""
    if not content:
        file = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    else:
        file = os.memfd_create("stdin")
    try:
        if content:
            with open(file, "wb", closefd=False) as stream:
                stream.write(content)
            os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


def keep_from_children() -> None:
    """Mark what this process inherited itself, so that no command gets it.  Once, at the start."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted
        with suppress(OSError):  # the one that the list was read through
            if int(name) > 2:  # noqa: PLR2004 - stdin, stdout and stderr
                os.set_inheritable(int(name), False)


def set_limit(soft: int) -> None:
    """Go back to a soft limit that was raised: what is exec'ed now begins with it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def raise_limit() -> int:
    """Allow this process as many descriptors as it may have; returns the soft limit of before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft


def places(each: int) -> int:
    """How many things with `each` descriptors this process can look after at once; at least one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = sys.maxsize if soft == resource.RLIM_INFINITY else soft - OUR_OWN
    return max(1, free // each)

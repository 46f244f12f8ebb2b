"""Why a command was not started: data, because one bad command must never end its supervisor."""

import errno
import os

from msgspec import Struct


class Failure(Struct, frozen=True):
    """The kernel's number, and a sentence for people."""

    errno: int
    message: str


def unknown(kind: str, name: str) -> Failure:
    """An account that this host does not have."""
    return Failure(errno.EINVAL, f"this host has no {kind} {name!r}")


def at(path: str, number: int) -> Failure:
    """What stands in the way at a path."""
    return Failure(number, f"{path}: {os.strerror(number)}")


def told(error: OSError | ValueError) -> Failure:
    """What the start itself ran into."""
    if isinstance(error, OSError) and error.errno:
        return Failure(error.errno, f"cannot be started: {os.strerror(error.errno)}")
    return Failure(errno.EINVAL, f"cannot be started: {error}")

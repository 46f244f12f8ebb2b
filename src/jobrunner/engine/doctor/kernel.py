"""Whether the kernel's clock is held to true time, as adjtimex(2) tells."""

import ctypes
from datetime import timedelta

from msgspec import Struct

UNSYNCHRONISED = 0x0040
NANOSECONDS = 0x2000
FAILED = -1


class Synchrony(Struct, frozen=True):
    """Whether somebody disciplines the clock, and how far off it is believed to be."""

    is_synchronised: bool
    offset: timedelta


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("parts", ctypes.c_long))


class _Adjustment(ctypes.Structure):
    """`struct timex`, with room for what newer kernels may add."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("most_error", ctypes.c_long),
        ("error", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Time),
        ("tick", ctypes.c_long),
        ("rest", ctypes.c_long * 32),
    )


def synchrony() -> Synchrony | None:
    """As the kernel tells; None where it may not be asked."""
    asked = _Adjustment()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(asked))
    except (OSError, AttributeError):  # no such call, or a sandbox without it
        return None
    if answer == FAILED:
        return None
    parts = 1000 if asked.status & NANOSECONDS else 1
    offset = timedelta(microseconds=abs(asked.offset) / parts)
    return Synchrony(not asked.status & UNSYNCHRONISED, offset)

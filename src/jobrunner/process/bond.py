"""Ties a process to the one that started it: it is asked to end when that is gone."""

import ctypes
import os
import signal

SET_PDEATHSIG = 1  # of prctl(2); kept over an exec, not inherited by children

_library = ctypes.CDLL(None)


def end_with(parent: int) -> None:
    """Called between fork and exec, in the child of `parent`, which may be gone already."""
    _library.prctl(SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)

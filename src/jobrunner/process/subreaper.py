"""Makes a process the parent of the orphans below it, as init is of all others."""

import ctypes

SET_CHILD_SUBREAPER = 36  # of prctl(2); kept over an exec, not inherited by children

_library = ctypes.CDLL(None)


def become_subreaper() -> None:
    """Called between fork and exec, in the keeper that is to be."""
    _library.prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)

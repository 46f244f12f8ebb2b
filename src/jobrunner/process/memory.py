"""Memory of this process that nothing is in, back to the system."""

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """What glibc keeps for later; other libraries of C keep less."""
    if _trim is not None:
        _trim(0)

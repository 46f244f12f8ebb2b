"""The lock that makes a supervisor the only one of its state folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from jobrunner.clock import Clock
from jobrunner.engine.state import State
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError
from jobrunner.process.flock import opened, taken

TRIES = 250
PAUSE = 0.02  # seconds
PER_REQUEST = 25  # tries between two requests to leave


@contextmanager
def held(state: State, clock: Clock, *, is_patient: bool) -> Iterator[None]:
    """Hold the lock that makes a supervisor the only one; BusyError if there is one.

    Who is patient asks it to leave, and gives it the time: one that is just starting hears it late.
    """
    file = opened(state.lock)
    try:
        for turn in range(TRIES if is_patient else 0):
            if taken(file):
                break
            if not turn % PER_REQUEST:
                _dismiss(state)
            clock.sleep(PAUSE)
        else:
            if not taken(file):
                raise BusyError(
                    f"{state.lock}: another supervisor is awake, and sees to these jobs.\n"
                    "Which process it is: jobrunner doctor"
                )
        yield
    finally:
        os.close(file)


def _dismiss(state: State) -> None:
    """Ask a supervisor that ticks have started to leave."""
    poke(state, "leave")

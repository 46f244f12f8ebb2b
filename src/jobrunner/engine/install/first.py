"""Waits for the first tick, by what changes in the state folder."""

import ctypes
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from jobrunner.clock import Clock
from jobrunner.engine.state import State
from jobrunner.engine.ticks import last_tick
from jobrunner.errors import StoreError
from jobrunner.store import open_store

# A tick comes within the minute, and its supervisor has it noted in a few seconds.
PATIENCE = timedelta(seconds=75)
PACE = 1000  # milliseconds: on file systems that tell nothing it is looked at so often
MODIFY, CREATE = 0x2, 0x100
FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
DAY = timedelta(days=1)


def first_tick(
    state: State, since: datetime, clock: Clock, patience: timedelta = PATIENCE
) -> datetime | None:
    """When the first tick after `since` came; None if none comes in time."""
    deadline = clock.elapsed() + patience.total_seconds()
    while clock.elapsed() < deadline:
        # Watched before it is looked at, so that nothing falls between.
        with _watched(state) as file:
            came = _last(state, clock.now())
            if came is not None and came >= since:
                return came
            _await(file)
    return None


def _last(state: State, now: datetime) -> datetime | None:
    if not os.path.lexists(state.ledger):
        return None
    try:
        store = open_store(state.ledger)
    except StoreError:  # it is just being made
        return None
    try:
        return last_tick(store, now, DAY)[0]
    except StoreError:
        return None
    finally:
        store.close()


@contextmanager
def _watched(state: State) -> Iterator[int]:
    """A descriptor that is readable when something changes in the folder of the ledger."""
    libc = ctypes.CDLL(None, use_errno=True)
    file = libc.inotify_init1(FLAGS)
    try:
        for folder in _folders(state):
            libc.inotify_add_watch(file, os.fsencode(folder), ctypes.c_uint32(MODIFY | CREATE))
        yield file
    finally:
        if file >= 0:
            os.close(file)


def _folders(state: State) -> list[str]:
    """Where the ledger is, or the nearest folder in which what leads to it will be made."""
    place = os.path.dirname(state.ledger)  # noqa: PTH120 - paths are strings here
    while not os.path.isdir(place) and place != "/":  # noqa: PTH112
        place = os.path.dirname(place)  # noqa: PTH120
    return [place]


def _await(file: int) -> None:
    poll = select.poll()
    if file >= 0:
        poll.register(file, select.POLLIN)
    poll.poll(PACE)

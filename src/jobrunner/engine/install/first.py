"""Waits for the first tick, by what changes in the folder of the ledger, or by asking again."""

import ctypes
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.scene import ledger_if_any
from jobrunner.engine.ticks import last_tick
from jobrunner.errors import StoreError
from jobrunner.store.fleet import Fleet
from jobrunner.store.location import is_shared, path_of

# A tick comes within the minute, and its supervisor has it noted in a few seconds.
PATIENCE = timedelta(seconds=75)
PACE = 1000  # milliseconds: on file systems that tell nothing it is looked at so often
MODIFY, CREATE = 0x2, 0x100
FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
DAY = timedelta(days=1)


class Ticked(Struct, frozen=True):
    """Where ticks are noted: a ledger, which may be that of many hosts, and this host's name."""

    ledger: str
    host: str

    @property
    def folder(self) -> str:
        """What changes when one is noted; of a database nothing does."""
        return "/" if is_shared(self.ledger) else str(path_of(self.ledger).parent)

    def last(self, now: datetime) -> datetime | None:
        """When this host ticked last, if that can be seen."""
        with suppress(StoreError), ledger_if_any(self.ledger) as store:
            if isinstance(store, Fleet):
                found = (each.ticked_at for each in store.hosts() if each.name == self.host)
                return next(found, None)
            return last_tick(store, now, DAY)[0] if store else None
        return None  # it is just being made


def first_tick(
    place: Ticked, since: datetime, clock: Clock, patience: timedelta = PATIENCE
) -> datetime | None:
    """When the first tick after `since` came; None if none comes in time."""
    deadline = clock.elapsed() + patience.total_seconds()
    while clock.elapsed() < deadline:
        # Watched before it is looked at, so that nothing falls between.
        with _watched(place.folder) as file:
            came = place.last(clock.now())
            if came is not None and came >= since:
                return came
            _await(file)
    return None


@contextmanager
def _watched(place: str) -> Iterator[int]:
    """A descriptor that is readable when something changes in a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    file = libc.inotify_init1(FLAGS)
    try:
        folder = os.fsencode(_existing(place))
        libc.inotify_add_watch(file, folder, ctypes.c_uint32(MODIFY | CREATE))
        yield file
    finally:
        if file >= 0:
            os.close(file)


def _existing(place: str) -> str:
    """A folder, or the nearest one in which what leads to it will be made."""
    while not os.path.isdir(place) and place != "/":  # noqa: PTH112 - paths are strings here
        place = os.path.dirname(place)  # noqa: PTH120
    return place


def _await(file: int) -> None:
    poll = select.poll()
    if file >= 0:
        poll.register(file, select.POLLIN)
    poll.poll(PACE)

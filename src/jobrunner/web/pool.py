"""Shared ledgers that stay open from one request to the next.

To reach the server and see what it holds takes ten milliseconds, which is longer than most answers.
A ledger in a file is opened for each request.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from weakref import finalize

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.scene import Scene, ledger, location_of, scene_of, state_of
from jobrunner.errors import StoreError
from jobrunner.jobfile.place import Asker
from jobrunner.model.settings import Config
from jobrunner.store.base import Store
from jobrunner.store.location import is_shared

MOST = 4  # that wait for the next request
LONGEST = 60.0  # seconds that one may wait


class Idle(Struct, frozen=True):
    """A ledger that is open, where it is, and since when nobody uses it."""

    where: str
    store: Store
    since: float


class Pool:
    """The ledgers that this process has open between two requests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = Lock()
        self._idle: list[Idle] = []
        finalize(self, _close_all, self._idle)

    @contextmanager
    def scene(self, config: Config, asker: Asker) -> Iterator[Scene]:
        """What a request is answered from, with its ledger for it alone."""
        where = location_of(config, asker)
        if not is_shared(where):
            with scene_of(config, asker) as scene:
                yield scene
            return
        state = state_of(config, asker)
        store = self._taken(where) or ledger(state, where, config.cluster.timeout)
        is_well = True
        try:
            yield Scene(config=config, state=state, store=store, location=where)
        except StoreError:
            is_well = False
            raise
        finally:
            if is_well:
                self._keep(Idle(where, store, self._clock.elapsed()))
            else:
                store.close()

    def _taken(self, where: str) -> Store | None:
        """The one that was used last; those that have waited for too long are closed."""
        now = self._clock.elapsed()
        with self._turn:
            since = now - LONGEST
            fresh = [each for each in self._idle if each.where == where and each.since > since]
            stale = [each for each in self._idle if each not in fresh]
            taken = fresh.pop() if fresh else None
            self._idle[:] = fresh
        _close_all(stale)
        return taken.store if taken else None

    def _keep(self, idle: Idle) -> None:
        with self._turn:
            is_wanted = len(self._idle) < MOST
            if is_wanted:
                self._idle.append(idle)
        if not is_wanted:
            idle.store.close()


def _close_all(idle: Iterable[Idle]) -> None:
    for each in idle:
        each.store.close()

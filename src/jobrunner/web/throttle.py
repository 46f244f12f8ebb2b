"""Slows down who guesses: after some failed attempts an address has to wait."""

from collections import OrderedDict, deque
from math import ceil
from threading import Lock

from jobrunner.clock import Clock
from jobrunner.web.problem import RefusedError

MOST = 10  # failed attempts
WITHIN = 60.0  # seconds
ADDRESSES = 10_000


class Throttle:
    """The failed attempts of the last minute, by address; a bounded number of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._turn = Lock()

    def admit(self, address: str) -> None:
        """Refuse who failed too often."""
        now = self._clock.elapsed()
        with self._turn:
            failed = self._failed.get(address)
            while failed and now - failed[0] > WITHIN:
                failed.popleft()
            if failed and len(failed) >= MOST:
                wait = ceil(WITHIN - (now - failed[0]))
                raise RefusedError(
                    "too-many",
                    f"Too many failed attempts from {address}; try again in {wait} s.",
                    headers={"Retry-After": str(wait)},
                )

    def failed(self, address: str) -> None:
        """Note a failed attempt."""
        with self._turn:
            found = self._failed.setdefault(address, deque(maxlen=MOST))
            found.append(self._clock.elapsed())
            self._failed.move_to_end(address)
            if len(self._failed) > ADDRESSES:
                self._failed.popitem(last=False)

"""What takes long to find out and changes slowly, kept for a minute."""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

MINUTE = timedelta(minutes=1)
MOST = 20

Found = TypeVar("Found")


class Place:
    """Where one value is kept: when it was found, and from what."""

    def __init__(self) -> None:
        self.turn = Lock()
        self.at = datetime.min.replace(tzinfo=UTC)
        self.source: object = None
        self.value: Any = None


class Cache:
    """A few values; of several who ask for one at once one finds it, and the others wait."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._places: dict[Hashable, Place] = {}

    def get(self, key: Hashable, source: object, now: datetime, find: Callable[[], Found]) -> Found:
        """What was found within the last minute, from the same source; else it is found."""
        place = self._place(key)
        with place.turn:
            if place.source is not source or not timedelta() <= now - place.at < MINUTE:
                place.value = find()
                place.at, place.source = now, source
            value: Found = place.value
            return value

    def _place(self, key: Hashable) -> Place:
        with self._turn:
            if key not in self._places and len(self._places) >= MOST:
                self._places.clear()
            return self._places.setdefault(key, Place())

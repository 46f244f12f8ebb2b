"""What takes long to find out and changes slowly, kept for a minute."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

MINUTE = timedelta(minutes=1)
MOST = 20

Found = TypeVar("Found")


class Kept:
    """A few values, each with the configuration that it was found for."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._known: dict[Hashable, tuple[datetime, object, Any]] = {}

    def get(self, key: Hashable, config: object, now: datetime, find: Callable[[], Found]) -> Found:
        """What was found within the last minute for the same configuration; else it is found."""
        with self._turn:
            kept = self._known.get(key)
        if kept and kept[1] is config and timedelta() <= now - kept[0] < MINUTE:
            value: Found = kept[2]
            return value
        found = find()
        with self._turn:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = now, config, found
        return found

"""The one clock: nobody else asks what time it is."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, and how long something takes."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""

    def elapsed(self) -> float:
        """Seconds on a clock that nobody sets; only differences mean something."""

    def sleep(self, seconds: float) -> None:
        """Let others have a turn; what waits for an event waits on the event."""


class SystemClock:
    """The clock of this host."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

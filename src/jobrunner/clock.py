"""The one clock: nobody else asks what time it is.

A tick reads it before it knows whether there is anything to do, so that importing it costs nothing.
"""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Protocol
else:
    Protocol = object


class Clock(Protocol):
    """What time it is, and how long something takes."""

    def now(self) -> "datetime":
        """The instant, aware, in UTC."""

    def elapsed(self) -> float:
        """Seconds on a clock that nobody sets; only differences mean something."""

    def sleep(self, seconds: float) -> None:
        """Let others have a turn; what waits for an event waits on the event."""


class SystemClock:
    """The clock of this host."""

    def now(self) -> "datetime":
        from datetime import UTC, datetime  # noqa: PLC0415 - a sixth of what a bare Python costs

        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def micros() -> int:
    """The instant as the ledger writes it: microseconds since 1970 in UTC."""
    return time.time_ns() // 1000

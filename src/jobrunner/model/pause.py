"""A job that an operator holds still."""

from datetime import datetime

from msgspec import Struct


class Pause(Struct, frozen=True, kw_only=True):
    """Who holds a job still, why, and until when; None for until it is resumed."""

    by: str
    reason: str = ""
    since: datetime
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the pause is still on: it ends by itself."""
        return self.until is None or now < self.until

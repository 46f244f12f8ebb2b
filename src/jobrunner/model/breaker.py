"""Where a circuit breaker stands."""

from datetime import datetime
from typing import Literal

from msgspec import Struct


class Breaker(Struct, frozen=True, kw_only=True):
    """Closed lets runs through, open does not; half open lets one through, the probe."""

    name: str
    state: Literal["closed", "open", "half_open"] = "closed"
    failures: int = 0
    opened_at: datetime | None = None
    probe: int | None = None

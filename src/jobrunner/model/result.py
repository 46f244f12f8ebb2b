"""What a job says of itself in the file that $JOBRUNNER_RESULT names."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, json


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line for people, any data, figures by name, when it wants to run next, how it went.

    `error` names what failed, as ConnectionError; `status` is what a web server answered.
    """

    message: str = ""
    data: Any = None
    metrics: Mapping[str, float] = {}
    next_in_seconds: float | None = None
    success: bool | None = None
    error: str = ""
    status: int | None = None

    @property
    def next_in(self) -> timedelta | None:
        """How long after its end the job wants its next slot."""
        return None if self.next_in_seconds is None else timedelta(seconds=self.next_in_seconds)


def to_text(result: Result | None) -> str:
    """JSON, as the ledger keeps it; '' for nothing."""
    return "" if result is None else json.encode(result).decode()


def from_text(text: str) -> Result | None:
    """What the ledger kept; None for nothing, or for what was not written by `to_text`."""
    try:
        return json.decode(text, type=Result) if text else None
    except (DecodeError, ValidationError, RecursionError):
        return None

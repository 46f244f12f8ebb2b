"""The audit: who changed what, from where, and what came of it."""

from datetime import datetime

from jobrunner.engine.access.token import blotted
from jobrunner.engine.access.visitor import Visitor
from jobrunner.model.access import Deed
from jobrunner.store.base import Store

LONGEST = 10_000
CUT = "\n... (cut)"


def note(  # noqa: PLR0917 - the columns of a row, in their order
    store: Store,
    visitor: Visitor | str,
    action: str,
    subject: str = "",
    detail: str = "",
    outcome: str = "done",
    *,
    address: str = "",
    now: datetime,
) -> None:
    """Keep what somebody did; without an `address` it is the visitor's.

    What looks like a token is left out, whatever it is part of.
    """
    who, whence = (visitor, "") if isinstance(visitor, str) else (visitor.name, visitor.address)
    deed = Deed(
        happened_at=now,
        who=_short(who) or "unknown",
        address=_short(address or whence),
        action=action,
        subject=_short(subject),
        detail=_short(detail),
        outcome=_short(outcome),
    )
    store.note(deed)


def _short(text: str) -> str:
    """Text from outside without secrets, and of no more than so many characters."""
    clean = blotted(text)
    return clean if len(clean) <= LONGEST else clean[: LONGEST - len(CUT)] + CUT

"""The audit: who changed what, from where, and what came of it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from jobrunner.engine.access.token import blotted
from jobrunner.engine.access.visitor import Visitor
from jobrunner.model.access import Deed
from jobrunner.store.base import Store

CHUNK = 500
FARTHEST = 20_000  # rows that one search looks at
LONGEST = 10_000
CUT = "\n... (cut)"


class Search(Struct, frozen=True, kw_only=True):
    """Words that have to be in a row, wherever in the column, in small or large letters."""

    who: str = ""
    action: str = ""
    subject: str = ""

    def finds(self, deed: Deed) -> bool:
        return (
            self.who.casefold() in deed.who.casefold()
            and self.action.casefold() in deed.action.casefold()
            and self.subject.casefold() in deed.subject.casefold()
        )


def search(
    store: Store, wanted: Search, *, before: int | None, limit: int
) -> tuple[Sequence[Deed], int | None]:
    """The newest deeds that are found before a row, and before which one to go on; None at the end.

    It gives up for now after so many rows, so that there may be fewer and still be more.
    """
    found: list[Deed] = []
    for _ in range(FARTHEST // CHUNK):
        rows = store.deeds(before=before, limit=CHUNK)
        for deed in rows:
            before = deed.id
            if wanted.finds(deed):
                found.append(deed)
            if len(found) == limit:
                return found, before
        if len(rows) < CHUNK:
            return found, None
    return found, before


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

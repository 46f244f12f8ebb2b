"""What the store's code needs of a database: transactions, and statements within them."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Session(Protocol):
    """One transaction, while it lasts."""

    def rows(self, statement: str, values: Mapping[str, Any] = ..., /) -> list[tuple[Any, ...]]:
        """Carry out a statement and return every row it answers with."""

    def change(self, statement: str, values: Mapping[str, Any] = ..., /) -> int:
        """Carry out a statement and return how many rows it touched."""

    def rows_of_each(
        self, statement: str, many: Iterable[Mapping[str, Any]], /
    ) -> list[list[tuple[Any, ...]]]:
        """Carry out a statement once for each of these, and return what each answered."""

    def change_each(self, statement: str, many: Iterable[Mapping[str, Any]], /) -> list[int]:
        """Carry out a statement once for each of these, and return how many rows each touched."""

    def guard(self, *keys: str) -> None:
        """Have these things to oneself until the transaction ends, where several may write.

        Who needs more than one names them all at once, so that no two wait for one another.
        """


class Connection(Protocol):
    """A database that is open.  Errors leave it as StoreError and its kinds only."""

    def reading(self) -> AbstractContextManager[Session]:
        """A transaction that sees one state of the ledger and changes nothing."""

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction that is kept as a whole when the block ends, or not at all.

        Within another one of the same thread it is a part of that.
        """

    def writing_soon(self, key: str = "") -> AbstractContextManager[Session | None]:
        """The same; None if others write and one would have to wait for more than a moment.

        Where several may write, those that name the same key do so one by one.
        """

    def checkpoint(self) -> bool:
        """Bring what was committed to its lasting place, unless somebody else is at it."""

    def close(self) -> None:
        """Let go of the database."""

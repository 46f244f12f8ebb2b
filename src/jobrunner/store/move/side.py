"""One end of a move: a database that holds a ledger, or is to hold it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

from jobrunner.store.move.table import Row, Table
from jobrunner.store.session import Connection, Session


class Side(Protocol):
    """What a move has to know of a database beyond the statements that all understand."""

    @property
    def name(self) -> str:
        """What it is called, without anything secret."""

    @property
    def connection(self) -> Connection: ...

    def instance(self, session: Session) -> str:
        """Which ledger it is."""

    def columns(self, session: Session, table: str) -> list[str]:
        """The columns of a table, in their order."""

    def put(self, session: Session, table: Table, rows: Sequence[Row]) -> None:
        """Write rows of a table, over those of the same keys."""

    def token(self, session: Session) -> str:
        """Another one when anybody else has written since."""

    def held(self) -> AbstractContextManager[Session]:
        """A transaction beside which nobody writes."""

    def last_number(self, session: Session, table: str) -> int:
        """The highest number that a table has ever given."""

    def go_on_from(self, session: Session, table: str, number: int) -> None:
        """Have the table give higher numbers from now on."""

    def settle(self, session: Session) -> None:
        """Have the database know what it holds now."""

    def living(self, within: timedelta) -> Sequence[str]:
        """The hosts that use it, of which somebody has heard within so long."""

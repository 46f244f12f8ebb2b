"""A file of SQLite as one end of a move."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from jobrunner.store.move import note
from jobrunner.store.move.table import Row, Table
from jobrunner.store.session import Session
from jobrunner.store.sqlite.connection import open_here

GO_ON = """
INSERT INTO sqlite_sequence (name, seq) SELECT :name, :number
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)
"""
RAISE = "UPDATE sqlite_sequence SET seq = max(seq, :number) WHERE name = :name"


class File:
    """The ledger in one file."""

    def __init__(self, path: Path, *, anywhere: bool) -> None:
        self.name = str(path)
        self.connection = open_here(path, anywhere=anywhere)

    def instance(self, session: Session) -> str:
        return str(session.rows(note.READ, {"name": note.INSTANCE})[0][0])

    def columns(self, session: Session, table: str) -> list[str]:
        return [found[1] for found in session.rows(f"PRAGMA table_info({table})")]

    def put(self, session: Session, table: Table, rows: Sequence[Row]) -> None:
        places = ", ".join(f":{column}" for column in table.columns)
        session.change_each(table.insert(f"VALUES ({places})"), map(table.named, rows))

    def token(self, session: Session) -> str:
        return str(session.rows("PRAGMA data_version")[0][0])

    @contextmanager
    def held(self) -> Iterator[Session]:
        with self.connection.writing() as session:
            yield session

    def last_number(self, session: Session, table: str) -> int:
        found = session.rows("SELECT seq FROM sqlite_sequence WHERE name = :name", {"name": table})
        return int(found[0][0]) if found else 0

    def go_on_from(self, session: Session, table: str, number: int) -> None:
        for statement in (GO_ON, RAISE):
            session.change(statement, {"name": table, "number": number})

    def settle(self, session: Session) -> None:
        """Nothing: its plans do not hang on figures."""

    def living(self, within: timedelta) -> Sequence[str]:  # noqa: ARG002 - a lock tells of it
        return ()

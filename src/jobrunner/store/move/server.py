"""A database of PostgreSQL as one end of a move."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from msgspec import json

from jobrunner.store.move import note
from jobrunner.store.move.table import TABLES, Row, Table
from jobrunner.store.postgres.connection import PostgresConnection
from jobrunner.store.postgres.target import target_of
from jobrunner.store.session import Session

EVERY = ", ".join(TABLES)
COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = :name ORDER BY ordinal_position
"""
# Higher by then if anybody in any of the server's databases has written.
TOKEN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"  # noqa: S105
GO_ON = "SELECT setval(pg_get_serial_sequence(:name, 'id'), :number, true)"
LAST = """
SELECT last_value FROM pg_sequences
WHERE (schemaname || '.' || sequencename) = pg_get_serial_sequence(:name, 'id')
"""
LIVING = """
SELECT name FROM hosts WHERE left_at IS NULL
AND beat_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - :within ORDER BY name
"""


class Server:
    """The ledger in one database."""

    def __init__(self, url: str) -> None:
        target = target_of(url)
        self.name = target.name
        self.connection = PostgresConnection(target)

    def instance(self, session: Session) -> str:
        return str(session.rows(note.READ, {"name": note.INSTANCE})[0][0])

    def columns(self, session: Session, table: str) -> list[str]:
        return [found[0] for found in session.rows(COLUMNS, {"name": table})]

    def put(self, session: Session, table: Table, rows: Sequence[Row]) -> None:
        """All in one parameter: a statement with one for each value takes five times as long."""
        columns = ", ".join(table.columns)
        every = f"SELECT {columns} FROM json_populate_recordset(NULL::{table.name}, :rows)"  # noqa: S608
        told = json.encode([table.named(each) for each in rows]).decode()
        session.change(table.insert(every), {"rows": told})

    def token(self, session: Session) -> str:
        return str(session.rows(TOKEN)[0][0])

    @contextmanager
    def held(self) -> Iterator[Session]:
        with self.connection.writing() as session:
            session.change(f"LOCK TABLE {EVERY} IN SHARE ROW EXCLUSIVE MODE")
            yield session

    def last_number(self, session: Session, table: str) -> int:
        return int(session.rows(LAST, {"name": table})[0][0] or 0)

    def go_on_from(self, session: Session, table: str, number: int) -> None:
        if number > self.last_number(session, table):
            session.rows(GO_ON, {"name": table, "number": number})

    def settle(self, session: Session) -> None:
        session.change(f"ANALYZE {EVERY}")

    def living(self, within: timedelta) -> Sequence[str]:
        with self.connection.reading() as session:
            found = session.rows(LIVING, {"within": within // timedelta(microseconds=1)})
        return [name for (name,) in found]

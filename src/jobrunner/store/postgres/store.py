"""The ledger in a PostgreSQL: the contract, and what many hosts need beside it."""

from jobrunner.store.ledger import Ledger
from jobrunner.store.postgres.connection import PostgresConnection
from jobrunner.store.postgres.target import Target

SIZE = """
SELECT COALESCE(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""


class PostgresStore(Ledger):
    """The ledger in one database."""

    def __init__(self, connection: PostgresConnection) -> None:
        super().__init__(connection)
        self.server = connection

    def size(self) -> int:
        with self._connection.reading() as session:
            return int(session.rows(SIZE)[0][0])


def open_store(target: Target) -> PostgresStore:
    return PostgresStore(PostgresConnection(target))

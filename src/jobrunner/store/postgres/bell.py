"""Hears on the ledger's own line that something is queued, or asked for, on whichever host."""

from contextlib import suppress

from jobrunner.errors import StoreError
from jobrunner.store.postgres.connection import PostgresConnection
from jobrunner.store.postgres.sql.delivery import OURS, QUEUED_ANYWHERE


class Rung:
    """What was heard since this was asked."""

    def __init__(self, server: PostgresConnection) -> None:
        self._server = server
        server.listen((QUEUED_ANYWHERE, OURS))

    def fileno(self) -> int:
        return self._server.fileno()

    def heard(self) -> frozenset[str]:
        """Of "asked", "hosts" and "queued" what was told; nothing while the server is away."""
        with suppress(StoreError):
            return frozenset().union(*(_told(*each) for each in self._server.heard()))
        return frozenset()


def _told(channel: str, text: str) -> frozenset[str]:
    """What one word means; one without a text says that something may have been missed."""
    if channel != OURS:
        return frozenset({"queued"})
    return frozenset({text} if text else {"asked", "hosts"})

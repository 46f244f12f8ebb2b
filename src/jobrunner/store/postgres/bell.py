"""Hears on the ledger's own line that something is queued, or asked for, on whichever host."""

from contextlib import suppress

from jobrunner.errors import StoreError
from jobrunner.store.postgres.connection import PostgresConnection
from jobrunner.store.postgres.sql.delivery import ASKED, QUEUED_ANYWHERE


class Rung:
    """What was heard since this was asked."""

    def __init__(self, server: PostgresConnection) -> None:
        self._server = server
        server.listen((QUEUED_ANYWHERE, ASKED))

    def fileno(self) -> int:
        return self._server.fileno()

    def heard(self) -> frozenset[str]:
        """Of "asked" and "queued" what was told; nothing while the server is away."""
        with suppress(StoreError):
            channels = {channel for channel, _ in self._server.heard()}
            return frozenset("asked" if channel == ASKED else "queued" for channel in channels)
        return frozenset()

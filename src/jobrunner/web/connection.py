"""Connections of browsers and programs: each has so long to say what it wants, and no longer."""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 1_000  # connections; a page that is open has one for its stream, and now and then another
SPARE = 100  # more of them are told that it is busy, others are cut off
HEAD = 10.0  # seconds from the first byte of a request to the end of its headers
BODY = 60.0  # seconds for what follows these
KEEP = 75  # seconds between two requests: longer than proxies keep theirs open
LARGEST_HEAD = 32 << 10  # bytes

Phase = Literal["", "head", "body"]


class Connection(H11Protocol):
    """One that is closed if a request does not come to its end in time."""

    patience: Mapping[Phase, float] = {"head": HEAD, "body": BODY}
    _phase: Phase = ""
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST + SPARE:
            transport.abort()
            return
        self._enter("head")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._enter(self._now())

    def on_response_complete(self) -> None:
        self._enter("")
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._enter("")
        super().connection_lost(exc)

    def _now(self) -> Phase:
        """What of a request is still to come."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            return "head"
        return "body" if cycle.more_body else ""

    def _enter(self, phase: Phase) -> None:
        if phase == self._phase:
            return
        self._phase = phase
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
        if phase:
            self._deadline = self.loop.call_later(self.patience[phase], self._cut)

    def _cut(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

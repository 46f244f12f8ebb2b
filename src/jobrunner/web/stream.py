"""Answers that go on: events for a browser's EventSource, one after the other."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from jobrunner.web.call import Call
from jobrunner.web.pulse import Listener, Pulse

MEDIA = "text/event-stream"
KEEP_ALIVE = 15.0  # seconds of silence that no proxy takes for the end
AGAIN = b"retry: 3000\n\n"  # milliseconds until a browser connects anew
STILL = b": still here\n\n"
# Proxies that keep an answer together until it is over are asked not to.
HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Produce = Callable[[Listener], AsyncIterator[bytes]]


class Stream(StreamingResponse):
    """The events that `produce` makes of the looks of one listener."""

    def __init__(self, call: Call, produce: Produce, run: int | None = None) -> None:
        self._pulse: Pulse = call.request.app.state.pulse
        self._pulse.admit()
        self._call, self._produce, self._run = call, produce, run
        super().__init__((), headers=HEADERS, media_type=MEDIA)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._call
        with self._pulse.listener(call.request, call.visitor, self._run) as listener:
            self.body_iterator = _begun(self._produce(listener))
            await super().__call__(scope, receive, send)


async def _begun(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield AGAIN
    async for event in events:
        yield event


def event(data: Any, name: str = "", number: str = "") -> bytes:
    """One event: its name, what a browser asks to go on after, and its matter as JSON."""
    lines = [f"event: {name}".encode()] if name else []
    lines += [f"id: {number}".encode()] if number else []
    # JSON has no line ends but those that we would write.
    lines.append(b"data: " + msgspec.json.encode(data))
    return b"\n".join(lines) + b"\n\n"

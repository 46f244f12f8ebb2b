"""An event stream as it comes: read by a thread, so that whoever waits can do so for a moment."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR
from threading import Thread

from msgspec import Struct

from jobrunner.cli.remote.line import Line, LineError, Query

SILENT = 45.0  # seconds: three times what the other side leaves between two signs of life
NOTHING = 204


class Sent(Struct, frozen=True):
    """One event: its name, its matter as JSON, and what to go on after."""

    name: str
    data: bytes
    number: str


class Stream:
    """What comes on one connection."""

    def __init__(self, answer: HTTPResponse) -> None:
        self._answer = answer
        self._heard: SimpleQueue[Sent | None] = SimpleQueue()
        self.is_over = answer.status == NOTHING
        # It may be stuck in a read when we end; nobody has to wait for it.
        Thread(target=self._listen, daemon=True).start()

    def next(self, patience: float) -> Sent | None:
        """The next event; None if none comes in so many seconds.  LineError once it broke off."""
        try:
            sent = self._heard.get(timeout=patience)
        except Empty:
            return None
        if sent is None:
            raise LineError("the line broke off.")
        return sent

    def _listen(self) -> None:
        with suppress(OSError, HTTPException, ValueError, AttributeError):  # or it is closed here
            for sent in sent_by(self._answer):
                self._heard.put(sent)
        self._heard.put(None)


@contextmanager
def streamed(line: Line, path: str, query: Query, after: str) -> Iterator[Stream]:
    """A stream, from the event on that comes `after` another one."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
    with line.opened(path, query, headers, timeout=SILENT) as (connection, answer):
        socket = connection.sock
        try:
            yield Stream(answer)
        finally:
            with suppress(OSError, AttributeError):
                socket.shutdown(SHUT_RDWR)


def sent_by(lines: Iterator[bytes] | HTTPResponse) -> Iterator[Sent]:
    """The events that the lines spell; one that breaks off is none."""
    name, number, data = "", "", b""
    for line in lines:
        field, _, value = line.rstrip(b"\r\n").partition(b":")
        value = value.removeprefix(b" ")
        match field:
            case b"event":
                name = value.decode(errors="replace")
            case b"id":
                number = value.decode(errors="replace")
            case b"data":
                data += value
            case b"" if not line.strip():
                if data:
                    yield Sent(name, data, number)
                name, number, data = "", "", b""

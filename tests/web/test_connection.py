"""Connections that never come to the end of a request, on real sockets."""

import socket
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
import uvicorn

from jobrunner.web import connection
from jobrunner.web.connection import LARGEST_HEAD, Connection

PATIENCE = 30.0


class Hurried(Connection):
    patience = {"head": 0.2, "body": 0.2}  # noqa: RUF012 - the type has it


class Slow(Connection):
    patience = {"head": 60.0, "body": 60.0}  # noqa: RUF012


async def app(scope, receive, send):
    """Reads all of a body, and says how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]}
    )
    await send({"type": "http.response.body", "body": str(size)[-1:].encode()})


@contextmanager
def caller(protocol, **more):
    """A connection to a server that uses this protocol."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, http=protocol, log_config=None, lifespan="off", ws="none", **more
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with socket.create_connection(listener.getsockname(), PATIENCE) as line:
                yield line
        finally:
            server.should_exit = True
            thread.join()


HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"


@pytest.mark.parametrize("said", [b"", b"POST /", HEAD, HEAD + b"\r\n", HEAD + b"\r\nabc"])
def test_who_does_not_come_to_the_end_of_a_request_is_cut_off(said):
    with caller(Hurried) as line:
        line.sendall(said)
        assert line.recv(9999) == b""


def test_who_begins_a_second_request_has_to_end_it_too():
    with caller(Hurried, timeout_keep_alive=60) as line:
        line.sendall(HEAD + b"\r\nabcd")
        assert _answer(line) == b"4"
        line.sendall(b"POST / HT")
        assert line.recv(9999) == b""


def test_who_waits_between_two_requests_is_not_cut_off():
    with caller(Hurried, timeout_keep_alive=60) as line:
        for _ in range(2):
            line.sendall(HEAD + b"\r\nabcd")
            assert _answer(line) == b"4"
            line.settimeout(0.5)
            with pytest.raises(TimeoutError):
                line.recv(1)
            line.settimeout(PATIENCE)


def test_a_request_in_time_is_answered():
    with caller(Slow) as line:
        for byte in HEAD + b"\r\nabcd":
            line.sendall(bytes([byte]))
        assert _answer(line) == b"4"


def test_a_head_that_has_no_end_is_refused():
    with caller(Slow, h11_max_incomplete_event_size=LARGEST_HEAD) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * LARGEST_HEAD)
        assert line.recv(9999).startswith(b"HTTP/1.1 400 ")


def test_when_too_many_are_there_already_a_new_one_is_cut_off(monkeypatch):
    monkeypatch.setattr(connection, "MOST", -connection.SPARE)
    with caller(Slow) as line, suppress(ConnectionResetError):
        assert line.recv(1) == b""


def test_who_comes_when_it_is_busy_is_told_so():
    with caller(Slow, limit_concurrency=1) as line:
        line.sendall(HEAD + b"\r\nabcd")
        assert line.recv(9999).startswith(b"HTTP/1.1 503 ")


def _answer(line):
    """The body of an answer, which is one byte."""
    said = b""
    while not said.partition(b"\r\n\r\n")[2]:
        said += line.recv(9999)
    return said.partition(b"\r\n\r\n")[2]

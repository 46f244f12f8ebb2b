"""Calls a URL, writes the answer to standard output, and says how it went.

It is handed what to call as JSON on standard input.  The address that a name means is looked at
before it is connected to, at each redirection, too: who can write a URL, or answer one, must not
reach what only this host can.
"""

import json
import os
import re
import socket
import ssl
import sys
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, responses
from typing import Any, NoReturn
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from jobrunner.address import UnreachableError, reachable
from jobrunner.clock import SystemClock
from jobrunner.errors import JobrunnerError

CHUNK = 64 * 1024
SEARCHED = 1024 * 1024  # bytes of an answer in which a pattern is looked for
OK = range(200, 300)
MOVED = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})
PORTS = {"http": 80, "https": 443}
# What belongs to one server and is not told to another.
OWN = frozenset({"authorization", "cookie", "proxy-authorization", "host"})


class CallError(JobrunnerError):
    """The call came to nothing; `name` is short, for programs."""

    def __init__(self, name: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.status = status


def main() -> int:
    """Call what was asked for; the exit code."""
    order = json.load(sys.stdin)
    call = _Call(order)
    try:
        result = call.made()
    except CallError as error:
        _write({"success": False, "message": str(error), "error": error.name} | _status(error))
        sys.stderr.write(f"{call.gap}{error}\n")
        return 1
    _write(result)
    return 0


def _status(error: CallError) -> dict[str, int]:
    return {} if error.status is None else {"status": error.status}


class _Call:
    """One call, with the redirections that it is led through."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._method: str = order["method"]
        self._headers = {"User-Agent": "jobrunner", "Accept-Encoding": "identity"}
        self._headers |= {"Connection": "close", **order["headers"]}
        self._body: bytes = order["body"].encode()
        # Ends the line that an answer left open: what is told of it goes to the same file.
        self.gap = ""

    def made(self) -> dict[str, Any]:
        """What there is to say of it; CallError if it is no success."""
        clock = SystemClock()
        began = clock.elapsed()
        parts = _parts(self._order["url"])
        for _ in range(self._order["redirects"] + 1):
            answer, connection = self._asked(parts)
            try:
                there = answer.getheader("Location")
                if answer.status not in MOVED or not there:
                    size = self._received(answer)
                    return _success(answer, size, clock.elapsed() - began)
                parts = self._moved(parts, there, answer.status)
            finally:
                connection.close()
        raise CallError("redirects", f"{parts.hostname}: more redirections than are followed")

    def _asked(self, parts: SplitResult) -> tuple[HTTPResponse, HTTPConnection]:
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        connection = HTTPConnection(host, port, timeout=self._order["wait"])
        try:
            connection.sock = self._connected(parts.scheme, host, port)
            body = self._body or None
            connection.request(self._method, _target(parts), body, self._told(parts))
            return connection.getresponse(), connection
        except (OSError, HTTPException, ValueError, JobrunnerError) as error:
            connection.close()
            _fail(host, error)

    def _connected(self, scheme: str, host: str, port: int) -> socket.socket:
        address = reachable(host, port, self._order["networks"])
        plain = socket.create_connection(address, self._order["wait"])
        if scheme == "http":
            return plain
        try:
            return self._trust().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._order["ca_file"] or None)
        if not self._order["verify"]:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _told(self, parts: SplitResult) -> dict[str, str]:
        told = dict(self._headers)
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            told["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return told

    def _moved(self, parts: SplitResult, there: str, status: int) -> SplitResult:
        """Where to call next; what is secret goes to the first server alone."""
        target = _parts(urljoin(parts.geturl(), there))
        if (parts.scheme, target.scheme) == ("https", "http"):
            raise CallError("redirects", f"{parts.hostname} leads to a place without TLS", status)
        if (target.scheme, target.hostname, target.port) != (
            parts.scheme,
            parts.hostname,
            parts.port,
        ):
            secret = OWN | {name.lower() for name in self._order["secret"]}
            self._headers = {k: v for k, v in self._headers.items() if k.lower() not in secret}
        if status not in KEEPS_METHOD and self._method not in {"GET", "HEAD"}:
            self._method, self._body = "GET", b""
            gone = {"content-type", "content-length"}
            self._headers = {k: v for k, v in self._headers.items() if k.lower() not in gone}
        sys.stdout.write(f"{status} to {target.hostname}\n")
        return target

    def _received(self, answer: HTTPResponse) -> int:
        """Write the answer out; its size, if it is what was expected."""
        size, searched = 0, bytearray()
        out = sys.stdout.buffer
        out.write(_head(answer))
        for piece in _pieces(answer):
            out.write(piece)
            size += len(piece)
            self.gap = "" if piece.endswith(b"\n") else "\n"
            searched += piece[: SEARCHED - len(searched)]
        out.flush()
        self._judge(answer, bytes(searched))
        return size

    def _judge(self, answer: HTTPResponse, body: bytes) -> None:
        wanted: list[int] = self._order["expect_status"]
        if answer.status not in (wanted or OK):
            expected = ", ".join(map(str, wanted)) or "2xx"
            message = f"HTTP {answer.status} {_phrase(answer)}".rstrip() + f", expected {expected}"
            raise CallError("status", message, answer.status)
        pattern = self._order["expect_body"]
        if pattern and not re.search(pattern, body.decode(errors="replace")):
            message = f"HTTP {answer.status}, but the answer does not hold {json.dumps(pattern)}"
            raise CallError("body", message, answer.status)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise CallError("address", "the address cannot be understood") from None
    if parts.scheme not in PORTS or not parts.hostname or any(letter <= " " for letter in url):
        raise CallError("address", "the address does not begin with http:// or https:// and a host")
    return parts


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _pieces(answer: HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := answer.read1(CHUNK):
            yield piece
        if answer.length:
            raise CallError("connection", f"the answer broke off, {answer.length:,} bytes short")
    except (OSError, HTTPException) as error:
        _fail("the answer", error)


def _head(answer: HTTPResponse) -> bytes:
    lines = [f"HTTP/{answer.version / 10:.1f} {answer.status} {_phrase(answer)}".rstrip()]
    lines += [f"{name}: {value}" for name, value in answer.getheaders()]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


def _phrase(answer: HTTPResponse) -> str:
    return answer.reason or responses.get(answer.status, "")


def _success(answer: HTTPResponse, size: int, spent: float) -> dict[str, Any]:
    said = f"HTTP {answer.status} {_phrase(answer)}".rstrip()
    return {
        "success": True,
        "message": f"{said}, {size:,} bytes in {spent:.1f}s",
        "status": answer.status,
        "metrics": {"bytes": size},
    }


def _fail(where: str, error: Exception) -> NoReturn:
    match error:
        case CallError():
            raise error
        case UnreachableError():
            raise CallError("unreachable", str(error)) from None
        case TimeoutError():
            raise CallError("timeout", f"{where}: no answer in time") from None
        case ssl.SSLCertVerificationError():
            told = f"{where}: its certificate is not to be trusted: {error.verify_message}"
            raise CallError("certificate", told) from None
        case OSError() if error.strerror:
            raise CallError("connection", f"{where}: {error.strerror}") from None
        case ValueError():  # a header or an address that cannot be sent
            raise CallError("address", f"{where}: {error}") from None
    told = f"{where}: no answer that can be understood ({type(error).__name__})"
    raise CallError("protocol", told) from None


def _write(result: dict[str, Any]) -> None:
    """Leave it where the supervisor looks."""
    path = os.environ.get("JOBRUNNER_RESULT")
    if path:
        with open(path, "r+", encoding="utf-8") as file:  # noqa: PTH123 - it is made
            json.dump(result, file)


if __name__ == "__main__":
    sys.exit(main())

"""The one door to web servers: what is posted, to an address that may be called, in time."""

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from jobrunner.address import UnreachableError, reachable
from jobrunner.notify.message import NotifyError

TIMEOUT = 10.0  # seconds, for each thing that is waited for
OK, REDIRECTS, BAD = 200, 300, 400
MOST = 4096  # bytes of an answer that are read
# The same again would be no better: malformed, gone, too large, not understood.
NEVER = frozenset({400, 410, 413, 422})


class Answer(Struct, frozen=True):
    """What the other side said; the names of `headers` are in lower case."""

    status: int
    text: str
    headers: Mapping[str, str]


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    networks: Sequence[str] = (),
    *,
    timeout: float | None = None,
) -> Answer:
    """Post it, and tell the beginning of the answer.

    Redirections are not followed: what was signed for one address is not for another.
    """
    parts = _parts(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = _reachable(host, port, networks)
    patience = timeout or TIMEOUT
    connection = HTTPConnection(host, port, timeout=patience)
    try:
        connection.sock = _connected(parts.scheme, host, address, patience)
        connection.request("POST", _target(parts), body, _headers(parts, headers))
        answer = connection.getresponse()
        text = answer.read(MOST).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise NotifyError(f"{host}: {_told(error)}") from None
    finally:
        connection.close()
    _check(host, answer.status, answer.getheader("Location", ""))
    told = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, text, told)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise NotifyError("the address is none: it cannot be understood") from None
    is_web = parts.scheme in {"http", "https"} and parts.hostname
    if not is_web or any(letter <= " " for letter in url.strip()):
        raise NotifyError("the address does not begin with http:// or https:// and a host")
    return parts


def _reachable(host: str, port: int, networks: Sequence[str]) -> tuple[str, int]:
    try:
        return reachable(host, port, networks)
    except UnreachableError as error:
        raise NotifyError(str(error)) from None


def _connected(scheme: str, host: str, address: tuple[str, int], patience: float) -> socket.socket:
    plain = socket.create_connection(address, patience)
    if scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _headers(parts: SplitResult, headers: Mapping[str, str]) -> dict[str, str]:
    told = {"User-Agent": "jobrunner", "Connection": "close", **headers}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        told["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return told


def _check(host: str, status: int, location: str) -> None:
    if OK <= status < REDIRECTS:
        return
    if REDIRECTS <= status < BAD:
        there = urlsplit(location).hostname or "elsewhere"
        raise NotifyError(f"{host} answered {status}: it has moved to {there}; write that address")
    raise NotifyError(
        f"{host} answered {status} {http.client.responses.get(status, '')}".rstrip(),
        permanent=status in NEVER,
    )


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"no answer that can be understood ({type(error).__name__})"

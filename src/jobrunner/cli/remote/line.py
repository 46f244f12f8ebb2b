"""The line to the other host: one request, one answer, over HTTP or TLS that is verified."""

import http.client
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import click
import msgspec
from msgspec import Struct

from jobrunner.cli.caller import URL
from jobrunner.cli.remote.address import CA_FILE, Address
from jobrunner.config.spelling import shown
from jobrunner.errors import (
    BusyError,
    ForbiddenError,
    JobrunnerError,
    StoreError,
    UnknownError,
    UnusableError,
)

T = TypeVar("T")
Query = Sequence[tuple[str, object]]

API = "/api/v1/"
TIMEOUT = 30.0  # seconds without a byte
OK, REDIRECTS, BAD = 200, 300, 400
MISSING = 404
PROBLEM = "application/problem+json"
REFUSALS: dict[int, type[JobrunnerError]] = {
    401: ForbiddenError,
    403: ForbiddenError,
    404: UnknownError,
    409: BusyError,
    412: BusyError,
    422: UnusableError,
    429: BusyError,
}
TYPED = frozenset({400, 422})  # of which a parameter may be to blame


class LineError(StoreError):
    """The other host cannot be asked, or what it answers not be understood."""


class NowhereError(LineError):
    """The other host has no such part of the API."""


class Fault(Struct, frozen=True):
    """One thing that is wrong in what was sent."""

    detail: str = ""
    pointer: str = ""


class Problem(Struct, frozen=True):
    """Why a request was refused, as RFC 9457 has it."""

    title: str = ""
    detail: str = ""
    errors: tuple[Fault, ...] = ()


class Line:
    """Asks one server, each time anew: a line that was quiet for long may have been cut."""

    def __init__(self, address: Address, token: str) -> None:
        self.address, self._token = address, token

    def get(self, path: str, kind: type[T], query: Query = ()) -> T:
        """What there is at a path of the API, as a value."""
        return self._value(self._read("GET", path, query), kind)

    def find(self, path: str, kind: type[T], query: Query = ()) -> T | None:
        """The same; None for what there is not."""
        try:
            return self.get(path, kind, query)
        except (UnknownError, NowhereError):
            return None

    def send(
        self, method: str, path: str, kind: type[T], *, body: Any = None, query: Query = ()
    ) -> T:
        """Ask for a change; what came of it."""
        return self._value(self._read(method, path, query, body), kind)

    def raw(self, path: str, query: Query = ()) -> bytes:
        """What there is at a path, byte for byte."""
        return self._read("GET", path, query)

    def opened(
        self, path: str, query: Query, headers: dict[str, str], *, timeout: float
    ) -> AbstractContextManager[tuple[HTTPConnection, HTTPResponse]]:
        """An answer that goes on, and the connection on which it comes."""
        return self._asked("GET", path, query, headers=headers, timeout=timeout)

    def _read(self, method: str, path: str, query: Query, body: Any = None) -> bytes:
        with self._asked(method, path, query, body=body) as (_, answer):
            try:
                return answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise self._broken(error) from None

    @contextmanager
    def _asked(
        self,
        method: str,
        path: str,
        query: Query,
        *,
        body: Any = None,
        headers: dict[str, str] = {},  # noqa: B006 - it is copied
        timeout: float = TIMEOUT,
    ) -> Iterator[tuple[HTTPConnection, HTTPResponse]]:
        with closing(self._connection(timeout)) as connection:
            content = None if body is None else msgspec.json.encode(body)
            try:
                connection.request(
                    method, self._target(path, query), content, self._headers(content, headers)
                )
                answer = connection.getresponse()
                if not OK <= answer.status < REDIRECTS:
                    raise self._refusal(answer)
            except (OSError, http.client.HTTPException) as error:
                raise self._broken(error) from None
            yield connection, answer

    def _connection(self, timeout: float) -> HTTPConnection:
        there = self.address
        if not there.is_secure:
            return HTTPConnection(there.host, there.port, timeout=timeout)
        try:
            trust = ssl.create_default_context(cafile=there.authorities)
        except (OSError, ssl.SSLError) as error:
            told = f"{shown(there.authorities or '')} ({CA_FILE}) holds no certificates: {error}"
            raise UnusableError(told) from None
        return HTTPSConnection(there.host, there.port, timeout=timeout, context=trust)

    def _target(self, path: str, query: Query) -> str:
        asked = urlencode([(name, str(value)) for name, value in query])
        return f"{self.address.base}{API}{path}{'?' if asked else ''}{asked}"

    def _headers(self, content: bytes | None, more: dict[str, str]) -> dict[str, str]:
        told = {"Authorization": f"Bearer {self._token}", "User-Agent": "jobrunner"}
        if content is not None:
            told["Content-Type"] = "application/json"
        return told | {"Connection": "close"} | more

    def _value(self, content: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.MsgspecError as error:
            raise LineError(
                f"{self.address.url} answers what this jobrunner does not understand: {error}.\n"
                "Is it another version? There: jobrunner --version"
            ) from None

    def _refusal(self, answer: HTTPResponse) -> Exception:
        if answer.getheader("Content-Type", "").partition(";")[0] != PROBLEM:
            return LineError(f"{self.address.url} {_other(answer)}")
        problem = self._value(answer.read(), Problem)
        told = "\n".join(map(shown, (problem.detail or problem.title).splitlines()))
        if answer.status in TYPED and any(one.pointer for one in problem.errors):
            return click.UsageError(told)
        if answer.status in {401, 403}:
            return ForbiddenError(f"{self.address.url}: {told}")
        if answer.status == MISSING and not problem.detail:
            return NowhereError(f"{self.address.url} {_elsewhere(self.address.base)}")
        return REFUSALS.get(answer.status, LineError)(told)

    def _broken(self, error: Exception) -> LineError:
        url = self.address.url
        return LineError(f"{url} cannot be reached: {_told(error)}.\n{_advice(error)}")


def part(text: object) -> str:
    """A part of a path, whatever is in it."""
    return quote(str(text), safe="")


def _other(answer: HTTPResponse) -> str:
    """What an answer that is none of ours says."""
    if REDIRECTS <= answer.status < BAD:
        return f"has moved to {shown(answer.getheader('Location', '?'))}: name that address."
    return f"is no jobrunner serve: it answers {answer.status} {shown(answer.reason or '')}."


def _elsewhere(base: str) -> str:
    """What is wrong where jobrunner answers, but knows nothing of this part of the API."""
    if base:
        return f"has nothing of jobrunner below {shown(base)}.\nSay another path in {URL}, or none."
    return "does not know what is asked.\nIs it another version? There: jobrunner --version"


def _advice(error: Exception) -> str:
    """What to look at where nothing came back."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Name a file of those that vouch for it: {CA_FILE}"
    if isinstance(error, ssl.SSLError):
        return f"Is that the port of {URL}? What speaks no TLS is reached by a tunnel: ssh -L"
    if isinstance(error, socket.gaierror):
        return f"The address is the one in {URL}."
    return f"Does jobrunner serve run there? The address is the one in {URL}."


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message}; see {CA_FILE})"
    if isinstance(error, ssl.SSLError):
        return f"TLS comes to nothing ({(error.reason or 'no reason').lower().replace('_', ' ')})"
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"no answer that can be understood ({type(error).__name__})"

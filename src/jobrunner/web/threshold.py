"""What every request passes before anybody looks at it, and what every answer is sent with."""

import os
import re
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobrunner.model.settings import Serve
from jobrunner.web.address import is_proxied
from jobrunner.web.problem import RefusedError, response

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - it is compared, not bound
REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
# Where a proxy believes the other one, what follows would be a request that it never saw.
TWO_LENGTHS = "Its length is told twice: by Content-Length, and by Transfer-Encoding."
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Threshold:
    """Refuses requests that a browser was tricked into, and dresses every answer.

    A page of a stranger may have its name point at this address (so the host's name is checked),
    and may send forms here (so a change has to come from our own page, or from no browser).
    """

    def __init__(self, app: ASGIApp, serve: Serve, hosts: Sequence[str] = ()) -> None:
        self._app, self._serve = app, serve
        self._hosts = {name.lower() for name in (*serve.allowed_hosts, *LOOPBACK, *hosts)}
        if serve.host not in ANYWHERE:
            self._hosts.add(bracketed(serve.host))
        self._hosts.add(os.uname().nodename.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = _number(Headers(scope=scope))
        scope["root_path"] = self._serve.base_path.rstrip("/")

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = number
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = self._refusal(scope)
        app = response(refused, instance=scope["path"]) if refused else self._app
        await app(scope, receive, dressed)

    def _refusal(self, scope: Scope) -> RefusedError | None:
        request = HTTPConnection(scope)
        if {"content-length", "transfer-encoding"} <= {*request.headers}:
            return RefusedError("bad-request", TWO_LENGTHS, headers={"Connection": "close"})
        host = request.headers.get("host", "")
        if hostname(host) not in self._hosts:
            return RefusedError(
                "wrong-host",
                "The host name of the address is none that is served here."
                " Name it in jobs.toml: [serve] allowed_hosts",
            )
        if scope["method"] in SAFE or self._is_our_own(request, host):
            return None
        return RefusedError("cross-site", "Changes have to come from a page of this server.")

    def _is_our_own(self, request: HTTPConnection, host: str) -> bool:
        """Whether a change comes from one of our pages, or from no browser at all."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site is not None:
            return site in {"same-origin", "none"}
        if origin is not None:
            hosts = {host.lower()}
            if is_proxied(request, self._serve.trusted_proxies):
                hosts.add(request.headers.get("x-forwarded-host", "").lower())
            # A page that hides where it comes from has the origin "null", which names no host.
            return urlsplit(origin).netloc.lower() in hosts - {""}
        # Every browser of today sends one of the two with a change.
        return "cookie" not in request.headers


def hostname(host: str) -> str:
    """The name in a Host header, without its port."""
    name = host.lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]


def bracketed(address: str) -> str:
    """An address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address.lower()


def _number(headers: Headers) -> str:
    """The request's own number, if it has one that can be shown, or a new one."""
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)

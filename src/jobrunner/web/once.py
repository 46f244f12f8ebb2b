"""`Idempotency-Key`: a change that is asked for twice under one key is made once.

As draft-ietf-httpapi-idempotency-key-header-07 has it.  The body is read before anybody is asked,
for it is part of what the key stands for; the answer is kept before it is sent.
"""

import re
from collections.abc import Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobrunner.engine.access import once
from jobrunner.engine.access.once import Kept, OpenKeyError, ReusedKeyError
from jobrunner.engine.access.visitor import Visitor
from jobrunner.errors import StoreError
from jobrunner.store.base import Store
from jobrunner.web.problem import MEDIA, RefusedError, problem
from jobrunner.web.site import Site

HEADER = "idempotency-key"
# A string of structured fields, or the same without its quotes, which many send.
FORM = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,255})"?')
UNDONE = 503  # with this nothing was changed
SPENT = "It was done the first time, and the secret in that answer is shown once."


class Slip:
    """What is known of one request that carries a key."""

    def __init__(self, header: str, content: bytes) -> None:
        self.header, self.content = header, content
        self.key = ""  # ours to answer
        self.kept: Kept | None = None  # what was answered before
        self.is_secret = False


def claim(request: Request, visitor: Visitor, store: Store) -> None:
    """Take the request's key for it, if it carries one; called once its visitor is known.

    What was answered already is sent in the place of whatever follows.
    """
    slip: Slip | None = request.scope.get("state", {}).get(HEADER)
    if slip is None:
        return
    form = FORM.fullmatch(slip.header)
    if form is None:
        told = "An Idempotency-Key has 1 to 255 visible characters of ASCII."
        raise RefusedError("bad-request", told)
    now = request.app.state.site.clock.now()
    key = once.digest(form[1])
    try:
        slip.kept = once.begin(store, key, _digest(request, visitor, slip), now=now)
    except ReusedKeyError as error:
        raise RefusedError("key-reused", str(error)) from error
    except OpenKeyError as error:
        raise RefusedError("conflict", str(error), headers={"Retry-After": "1"}) from error
    if slip.kept is not None:
        raise RefusedError("conflict")  # which nobody reads
    slip.key = key


def keep_secret(request: Request) -> None:
    """Have this answer not kept: it holds what is shown once."""
    slip: Slip | None = request.scope.get("state", {}).get(HEADER)
    if slip is not None:
        slip.is_secret = True


def _digest(request: Request, visitor: Visitor, slip: Slip) -> str:
    who = f"{visitor.how} {visitor.token} {visitor.name}"
    return once.digest(who, request.method, request.url.path, request.url.query, slip.content)


class Once:
    """Answers what was answered before, and keeps what is answered now."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        header = Headers(scope=scope).get(HEADER) if _is_change(scope) else None
        if header is None:
            await self._app(scope, receive, send)
            return
        try:
            content = await _body(receive)
        except HTTPException as error:  # it is too large
            await self._app(scope, _raising(error), send)
            return
        except ClientDisconnect:  # half a body may mean something else
            return
        slip = Slip(header, content)
        scope.setdefault("state", {})[HEADER] = slip
        answer: list[Message] = []

        async def collect(message: Message) -> None:
            answer.append(message)

        await self._app(scope, _replaying(content, receive), collect)
        if slip.kept is not None:
            answer = _messages(slip.kept)
        elif slip.key:
            await run_in_threadpool(_settle, scope["app"].state.site, slip, answer)
        for message in answer:
            await send(message)


def _is_change(scope: Scope) -> bool:
    return (scope["type"], scope.get("method")) == ("http", "POST")


async def _body(receive: Receive) -> bytes:
    """All of it; it is bounded before it comes here."""
    content, has_more = b"", True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        content += message.get("body", b"")
        has_more = message.get("more_body", False)
    return content


def _replaying(content: bytes, receive: Receive) -> Receive:
    """The body once more, and what comes after it."""
    left = [content]

    async def replayed() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replayed


def _raising(error: HTTPException) -> Receive:
    async def raising() -> Message:
        raise error

    return raising


def _settle(site: Site, slip: Slip, answer: Sequence[Message]) -> None:
    """Keep what is answered, or let go of the key where nothing was done.

    What cannot be kept leaves the key taken: it was done, and must not be done again.
    """
    start = answer[0]
    try:
        with site.open() as (scene, _):
            if start["status"] == UNDONE:
                once.let_go(scene.store, slip.key)
            else:
                kept = _spent() if slip.is_secret else _kept(answer)
                once.end(scene.store, slip.key, kept)
    except StoreError:
        return


def _spent() -> Kept:
    told = problem(RefusedError("conflict", SPENT))
    body = msgspec.json.encode(told).decode()
    return Kept(status=told.status, headers=[("content-type", MEDIA)], body=body)


def _kept(answer: Sequence[Message]) -> Kept:
    start = answer[0]
    found: Sequence[tuple[bytes, bytes]] = start["headers"]
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in found]
    body = b"".join(message.get("body", b"") for message in answer[1:])
    return Kept(status=start["status"], headers=headers, body=body.decode())


def _messages(kept: Kept) -> list[Message]:
    body = kept.body.encode()
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in kept.headers
        if name != "content-length"
    ]
    headers += [(b"content-length", b"%d" % len(body)), (b"idempotency-replayed", b"true")]
    return [
        {"type": "http.response.start", "status": kept.status, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]

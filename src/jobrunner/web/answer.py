"""Answers of the API: values as JSON, pages of lists, and whether anything is new."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"
PRIVATE = "private, no-cache"


def reply(
    request: Request, value: Any, *, status: int = 200, headers: Mapping[str, str] = {}
) -> Response:
    """A value as JSON; a reader who has it already is only told so."""
    return fresh(request, msgspec.json.encode(value), JSON, status=status, headers=headers)


def done(value: Any, *, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    """What came of a change, as JSON."""
    return Response(msgspec.json.encode(value), status, dict(headers), JSON)


def fresh(
    request: Request,
    body: bytes,
    media: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] = {},
    tag: str = "",
) -> Response:
    """A body with its ETag, this one or its own, or 304 if that is what the reader has."""
    tag = tag or etag(body)
    more = {"ETag": tag, "Cache-Control": PRIVATE, "Vary": "Cookie, Authorization", **headers}
    if status == 200 and tag in tags(request.headers.get("if-none-match", "")):  # noqa: PLR2004
        return Response(status_code=304, headers=more)
    return Response(body, status, more, media)


def etag(body: bytes) -> str:
    """What changes when the body does; weak, for it may be compressed on its way."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def tags(header: str) -> Sequence[str]:
    return [tag.strip() for tag in header.split(",")]

"""Lists page by page: how many, from where on, and where the next page is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request
from msgspec import Struct
from starlette.responses import Response

from jobrunner.web.answer import reply
from jobrunner.web.problem import Fault, RefusedError
from jobrunner.web.site import base_of

FEW = 50
MOST = 500
LONGEST = 400
DIGITS = 19  # that may be too many for the ledger

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[
    str,
    Query(
        max_length=LONGEST,
        description="Where to go on: `next_cursor` of the page before. Empty: at the first.",
    ),
]


class Page(Struct, frozen=True):
    """Some of a list; `next_cursor` leads to the rest, and is null where there is none."""

    items: Sequence[Any]
    next_cursor: str | None = None


def paged(request: Request, items: Sequence[Any], last: str | None = None) -> Response:
    """A page that ends with `last`, after which there is more; None if there is not."""
    cursor = _packed(last) if last is not None else None
    headers = {"Link": f'<{_onward(request, cursor)}>; rel="next"'} if cursor else {}
    return reply(request, Page(items, cursor), headers=headers)


def after(cursor: str) -> str | None:
    """What the page before ended with; None for the first page."""
    if not cursor:
        return None
    try:
        return urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except (Error, UnicodeError, ValueError) as error:
        raise unknown() from error


def number_after(cursor: str) -> int | None:
    """The same where lists end with a number."""
    last = after(cursor)
    if last is None:
        return None
    if not (last.isascii() and last.isdecimal() and len(last) < DIGITS):
        raise unknown()
    return int(last)


def unknown() -> RefusedError:
    """Of a cursor that leads nowhere: what it stood at is gone, or it never was one."""
    told = "This cursor leads nowhere any more; begin at the first page, without one."
    return RefusedError("bad-request", told, errors=[Fault(detail=told, pointer="/query/cursor")])


def _packed(last: str) -> str:
    return urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _onward(request: Request, cursor: str) -> str:
    """The address of the next page, relative to the server: it knows no proxy's name."""
    base = base_of(request)
    path = request.url.path.removeprefix(base)
    others = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    return f"{base}{path}?{urlencode([*others, ('cursor', cursor)])}"

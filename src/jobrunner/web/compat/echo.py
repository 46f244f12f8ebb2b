"""Answers what it was sent, to try callbacks against."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from msgspec import Struct
from starlette.responses import Response

from jobrunner.model.access import Role
from jobrunner.model.secret import masked
from jobrunner.web.answer import done
from jobrunner.web.call import Call, Needs
from jobrunner.web.contract import answers

router = APIRouter(prefix="/api/compat", tags=["compat"])

LARGEST = 64 << 10  # bytes of a body that are told
LONGEST = 1000  # letters of a value that are told
MOST = 100  # headers and parameters that are told

# What is sent is whatever it is.
Anybody = Annotated[Call, Depends(Needs(Role.VIEWER, anything=True), scope="function")]


class Echo(Struct, frozen=True, kw_only=True):
    """What was sent, without what is secret; of the body so many bytes, and its beginning."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    body_bytes: int
    is_cut: bool


async def sent(request: Request) -> bytes:
    """A dependency: the body, of whatever kind."""
    return await request.body()


Sent = Annotated[bytes, Depends(sent)]
SEEN = answers(Echo, "What was sent")


@router.get("/echo", responses=SEEN)
def echo_get(call: Anybody, body: Sent) -> Response:
    """Answer what was sent."""
    return _echo(call, body)


@router.post("/echo", responses=SEEN)
def echo_post(call: Anybody, body: Sent) -> Response:
    """Answer what was sent, as a callback sends it."""
    return _echo(call, body)


@router.put("/echo", responses=SEEN)
def echo_put(call: Anybody, body: Sent) -> Response:
    """Answer what was sent with PUT."""
    return _echo(call, body)


@router.patch("/echo", responses=SEEN)
def echo_patch(call: Anybody, body: Sent) -> Response:
    """Answer what was sent with PATCH."""
    return _echo(call, body)


@router.delete("/echo", responses=SEEN)
def echo_delete(call: Anybody, body: Sent) -> Response:
    """Answer what was sent with DELETE."""
    return _echo(call, body)


def _echo(call: Call, body: bytes) -> Response:
    request = call.request
    told = Echo(
        method=request.method,
        path=request.url.path,
        query=_shown(request.query_params),
        headers=_shown(request.headers),
        body=body[:LARGEST].decode(errors="replace"),
        body_bytes=len(body),
        is_cut=len(body) > LARGEST,
    )
    return done(told)


def _shown(values: Mapping[str, str]) -> Mapping[str, str]:
    """Names and values, bounded, without those that are secret."""
    some = [*values.items()][:MOST]
    return {name[:LONGEST]: masked(name, value)[:LONGEST] for name, value in some}

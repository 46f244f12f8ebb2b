"""What runs wrote: as it is kept, and as it comes."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Struct
from starlette.responses import Response, StreamingResponse

from jobrunner.config.zone import host_zone
from jobrunner.engine.actions.listen import Ear, Place
from jobrunner.engine.discretion import Discretion, discretion_of
from jobrunner.engine.past import log
from jobrunner.engine.past.log import Log
from jobrunner.errors import ForbiddenError, JobrunnerError, UnknownError
from jobrunner.model.run import Attempt, Run
from jobrunner.web.answer import PRIVATE, etag, reply, tags
from jobrunner.web.call import Call, Viewer
from jobrunner.web.contract import answers, streams, text
from jobrunner.web.follow import END, EVENTS, Scribe, log_events
from jobrunner.web.pen import Encoding
from jobrunner.web.problem import RefusedError
from jobrunner.web.pulse import followed
from jobrunner.web.span import part_of
from jobrunner.web.stream import Stream
from jobrunner.web.subject import LARGEST, RunNumber, run_of

router = APIRouter(prefix="/api/v1/runs/{run}/log", tags=["runs"])
TEXT = "text/plain; charset=utf-8"
MOST_LINES = 100_000
MOST_ATTEMPTS = 1_000_000
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime.fromtimestamp(0, UTC)
HEARD = re.compile(r"([0-9]{1,7}):([0-9]{1,18})", re.ASCII)

Which = Annotated[
    int | None, Query(ge=1, le=MOST_ATTEMPTS, description="That attempt, not the last one.")
]


class Glimpse(Struct, frozen=True):
    """How much there was at one look; `at` is null where nobody knows when that was."""

    at: datetime | None
    size: int


class Times(Struct, frozen=True, kw_only=True):
    """The looks at what an attempt wrote, in order."""

    attempt: int
    looks: tuple[Glimpse, ...]


@router.get("", operation_id="read_log", responses=text("The output", problems=(416,)))
def read(
    call: Viewer,
    run: RunNumber,
    *,
    attempt: Which = None,
    tail: Annotated[
        int | None, Query(ge=1, le=MOST_LINES, description="Only the last lines, so many.")
    ] = None,
    inline: Annotated[
        bool, Query(description="To be shown, where it would be saved as a file.")
    ] = False,
) -> Response:
    """Read what an attempt wrote, byte for byte; a line tells what was cut out of its middle.

    `Range: bytes=…` asks for a part.  While an attempt runs, secrets are starred out on the way,
    and there is no part of it.
    """
    found = run_of(call, run)
    with ExitStack() as stack:
        tried = _attempt(call, found, attempt)
        kept = _opened(call, found, tried, stack)
        headers = _headers(call, found, tried, kept, inline=inline)
        if headers["ETag"] in tags(call.request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        discretion = discretion_of(call.scene.config.jobs, found, tried)
        if tail is not None:
            return Response(discretion.whole(kept.last(tail)[1]), headers=headers, media_type=TEXT)
        if discretion.is_needed:
            pieces = _closing(stack.pop_all(), _discreet(kept, discretion))
            return StreamingResponse(pieces, headers=headers, media_type=TEXT)
        # A weak tag cannot vouch for a part: who asks for one "if it is the same" gets the whole.
        wanted = "" if "if-range" in call.request.headers else call.request.headers.get("range", "")
        span = part_of(wanted, kept.length)
        begin, end = span or (0, kept.length)
        headers |= {"Accept-Ranges": "bytes", "Content-Length": str(end - begin)}
        if span:
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{kept.length}"
        pieces = _closing(stack.pop_all(), kept.part(begin, end))
        return StreamingResponse(pieces, 206 if span else 200, headers, TEXT)


@router.get("/times", operation_id="read_log_times", responses=answers(Times, "When it came"))
def times(call: Viewer, run: RunNumber, *, attempt: Which = None) -> Response:
    """Tell when what an attempt wrote was first seen: a byte, at the first look that has it."""
    found = run_of(call, run)
    tried = _attempt(call, found, attempt)
    pairs = log.sightings(call.scene, found, tried).pairs
    looks = tuple(Glimpse(EPOCH + at * MICROSECOND if at else None, size) for at, size in pairs)
    return reply(call.request, Times(attempt=tried.number, looks=looks))


@router.get("/stream", operation_id="follow_log", responses=streams(EVENTS, "The output"))
def follow(
    call: Viewer,
    run: RunNumber,
    *,
    attempt: Annotated[
        int | None,
        Query(ge=1, le=MOST_ATTEMPTS, description="That attempt alone, not from the last one on."),
    ] = None,
    offset: Annotated[
        int, Query(alias="from", ge=0, le=LARGEST, description="From this byte of the attempt on.")
    ] = 0,
    encoding: Annotated[
        Encoding,
        Query(
            description="`base64` tells what was written exactly, whatever it is;"
            " `pieces` as it looks: texts, each after the classes of its colours."
        ),
    ] = "text",
) -> Response:
    """Follow what a run writes, attempt after attempt, until it is over: an event stream.

    The id of an event is the attempt and the byte that follows, as `2:4096`; who comes back with it
    in `Last-Event-ID` goes on there.  After the event `end` there is nothing to come back for.
    """
    found = run_of(call, run)
    last = call.request.headers.get("last-event-id", "")
    if last == END and not found.state.is_live:
        return Response(status_code=204)  # what has a browser not come back any more
    place = _place(last) or Place(attempt or max(1, found.attempts), offset)
    ear = Ear(call.scene.state, run, place, only=attempt is not None)
    scribe = Scribe(call.scene.config.jobs.get(found.job), host_zone().info, encoding)
    known, site = followed(call.scene, run), call.site
    return Stream(call, lambda listener: log_events(listener, ear, known, scribe, site), run)


def _attempt(call: Call, run: Run, number: int | None) -> Attempt:
    try:
        return log.attempt_of(call.scene, run, number)
    except JobrunnerError as error:
        raise RefusedError("not-found", str(error)) from error


def _opened(call: Call, run: Run, attempt: Attempt, stack: ExitStack) -> Log:
    """The output, open for as long as the stack stands; one that is gone is not there."""
    try:
        return stack.enter_context(log.opened(call.scene, run, attempt))
    except (ForbiddenError, UnknownError):
        raise
    except JobrunnerError as error:
        raise RefusedError("not-found", str(error)) from error


def _headers(call: Call, run: Run, attempt: Attempt, kept: Log, *, inline: bool) -> dict[str, str]:
    # The job's name stays out: a removed job's comes from a database that others write.
    name = f"run-{run.id}-{attempt.number}.log"
    told = f"{run.id} {attempt.number} {kept.size} {kept.length} {call.request.url.query}"
    return {
        "ETag": etag(told.encode()),
        "Cache-Control": PRIVATE,
        "Vary": "Cookie, Authorization",
        "Content-Disposition": "inline" if inline else f'attachment; filename="{name}"',
    }


def _discreet(kept: Log, discretion: Discretion) -> Iterator[bytes]:
    yield from map(discretion.feed, kept.pieces())
    yield discretion.rest()


def _closing(stack: ExitStack, pieces: Iterator[bytes]) -> Iterator[bytes]:
    with stack:
        yield from (piece for piece in pieces if piece)


def _place(last: str) -> Place | None:
    """Where somebody had come who comes back."""
    found = HEARD.fullmatch(last)
    return Place(int(found[1]), int(found[2]), is_begun=True) if found else None

"""News: that something has changed, for whoever then looks what."""

from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import APIRouter
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.report.pulse import pulse_of
from jobrunner.web.call import Call, Viewer
from jobrunner.web.contract import streams
from jobrunner.web.pulse import Listener
from jobrunner.web.stream import KEEP_ALIVE, STILL, Stream, event

router = APIRouter(prefix="/api/v1", tags=["events"])


class Change(Struct, frozen=True, kw_only=True):
    """Something has changed: a run, a job, a pause, the time of the last tick, jobs.toml."""

    changed_at: datetime


@router.get(
    "/events",
    operation_id="follow_events",
    responses=streams({"change": Change}, "News, as they come"),
)
def follow(call: Viewer) -> Response:
    """Hear at once when anything has changed: an event stream, looked for once a second.

    Who comes back with `Last-Event-ID` hears whether anything has changed meanwhile.
    """
    before = pulse_of(call.scene, call.site.plan().prints, call.sight)
    last = call.request.headers.get("last-event-id", before)
    return Stream(call, lambda listener: _news(call, listener, last))


async def _news(call: Call, listener: Listener, last: str) -> AsyncIterator[bytes]:
    clock, jobs = call.site.clock, call.visitor.jobs
    told = clock.elapsed()
    while beat := await listener.beat():
        pulse = beat.pulses.get(jobs, last)
        if pulse != last:
            last, told = pulse, clock.elapsed()
            yield event(Change(changed_at=clock.now()), "change", pulse)
        elif clock.elapsed() - told >= KEEP_ALIVE:
            told = clock.elapsed()
            yield STILL

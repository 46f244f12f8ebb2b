"""Answers that come when a run has ended: who waits takes no thread, and holds no ledger open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jobrunner.config.zone import host_zone
from jobrunner.engine.report.request import Asked, see_request
from jobrunner.model.run import Run, State
from jobrunner.web.answer import done
from jobrunner.web.call import Call
from jobrunner.web.compat.shape import Accepted, Ordered, Triggered
from jobrunner.web.compat.view import execution
from jobrunner.web.problem import RefusedError
from jobrunner.web.pulse import Listener, Pulse

LONGEST = 7200  # seconds: a run of 90 minutes, and what it waited for
# Seconds from one look to the next at first: most runs are short.
QUICK = (0.05, 0.05, 0.1, 0.2, 0.3, 0.5)


class Found(Struct, frozen=True):
    """What became of an order so far."""

    asked: Asked
    run: Run | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        if self.asked.state == "refused":
            return True
        return self.run is not None and not self.run.state.is_live


class Waiting(Response):
    """The answer to an order: its run as it ended, or where it is told if that takes too long."""

    def __init__(self, call: Call, request: int, wait: float) -> None:
        super().__init__()
        self._call, self._request, self._wait = call, request, wait
        self._pulse: Pulse = call.request.app.state.pulse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = await run_in_threadpool(self._look)
        if not found.is_over and self._wait and _has_place(self._pulse):
            found = await self._last(found)
        answer = await run_in_threadpool(self._told, found)
        await answer(scope, receive, send)

    async def _last(self, found: Found) -> Found:
        """What there is when it is over, or when nobody waits any more."""
        call, clock = self._call, self._call.site.clock
        until, seen = clock.elapsed() + self._wait, ""
        with self._pulse.listener(call.request, call.visitor, None) as listener:
            async for pulse in _rhythm(listener):
                if found.run is None or not pulse or pulse != seen:
                    found, seen = await run_in_threadpool(self._look), pulse
                is_late = clock.elapsed() >= until
                if found.is_over or is_late or await call.request.is_disconnected():
                    break
        return found

    def _look(self) -> Found:
        with self._call.site.open() as (scene, _):
            asked = scene.store.request(self._request)
            assert asked is not None  # it is pruned months after it was answered
            told = see_request(asked)
            return Found(told, scene.store.run(told.run) if told.run is not None else None)

    def _told(self, found: Found) -> Response:
        if found.asked.state == "refused":
            with self._call.site.open() as (scene, _):
                call, asked = replace(self._call, scene=scene), found.asked
                call.note("job.run", asked.job, asked.answer, "refused")
            raise RefusedError("conflict", found.asked.answer)
        headers = {"Location": _location(self._call, found)}
        if found.run is None or not found.is_over:
            return done(_accepted(found, headers["Location"]), status=202, headers=headers)
        job = self._call.scene.config.jobs.get(found.run.job)
        data = execution(found.run, job, host_zone().info)
        is_well = found.run.state is State.SUCCESS
        told = data.message or f"{found.run.job} #{found.run.id}: {found.run.state}"
        value = Triggered(status="success" if is_well else "error", message=told, data=data)
        return done(value, headers=headers)


async def _rhythm(listener: Listener) -> AsyncIterator[str]:
    """Often at first, then whenever all others look, with the pulse that they find."""
    for pause in QUICK:
        await asyncio.sleep(pause)
        yield ""
    while beat := await listener.beat():
        yield beat.pulses.get(listener.visitor.jobs, "")


def _has_place(pulse: Pulse) -> bool:
    """Whether one more may wait; if not, it is told where to look."""
    with suppress(RefusedError):
        pulse.admit()
        return True
    return False


def _location(call: Call, found: Found) -> str:
    place = f"runs/{found.run.id}" if found.run else f"requests/{found.asked.request}"
    return f"{call.base}/api/v1/{place}"


def _accepted(found: Found, location: str) -> Accepted:
    run = found.asked.run
    told = "It begins at the next tick, within a minute." if run is None else f"#{run} goes on."
    data = Ordered(job_id=found.asked.job, request=found.asked.request, id=run, location=location)
    return Accepted(message=told, data=data)

"""Looks for news once a second, for all streams together, and only while there is a stream."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from jobrunner.engine.access.visitor import Visitor
from jobrunner.engine.report.pulse import pulse_of
from jobrunner.engine.scene import Scene
from jobrunner.engine.transcript import transcripts_of
from jobrunner.errors import JobrunnerError
from jobrunner.model.run import Attempt, Run
from jobrunner.store.fleet import Fleet
from jobrunner.web.credential import visitor_of
from jobrunner.web.problem import RefusedError
from jobrunner.web.site import Site
from jobrunner.web.throttle import Throttle

PACE = 1.0  # seconds from one look to the next
AGAIN = 5  # looks until it is asked once more whether a token is good still
MOST = 500  # streams
WAIT = {"Retry-After": "5"}
LOG = logging.getLogger("jobrunner.web")


class Followed(Struct, frozen=True):
    """A run that a stream follows, as the ledger has it; its attempts were read before it.

    With a ledger that `is_shared` outputs may be another host's: then `written` is how much of the
    last one is here.
    """

    run: Run | None
    attempts: Sequence[Attempt]
    is_shared: bool = False
    written: int | None = None


class Beat(Struct, frozen=True):
    """What one look found: the runs that are followed; by what visitors may see, their pulse."""

    runs: Mapping[int, Followed]
    pulses: Mapping[tuple[str, ...], str]


class Listener:
    """A stream that waits for news: whose it is, and the run that it follows, if it does."""

    def __init__(self, request: HTTPConnection, visitor: Visitor, run: int | None) -> None:
        self.request, self.visitor, self.run = request, visitor, run
        self.is_over = False
        self._bell = asyncio.Event()
        self._beat: Beat | None = None

    async def beat(self) -> Beat | None:
        """The next look; None when the stream is to end."""
        await self._bell.wait()
        self._bell.clear()
        return None if self.is_over else self._beat

    def ring(self, beat: Beat) -> None:
        self._beat = beat
        self._bell.set()

    def end(self) -> None:
        self.is_over = True
        self._bell.set()


class Pulse:
    """The one who looks, and the streams that he looks for."""

    def __init__(self, site: Site, throttle: Throttle, pace: float = PACE) -> None:
        self.pace = pace
        self._site, self._throttle = site, throttle
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_ending = False
        self._looks = 0
        self._known: Mapping[int, Followed] = {}
        self._whole = ""

    def __len__(self) -> int:
        """How many streams there are."""
        return len(self._listeners)

    def admit(self) -> None:
        """Refuse a stream for which there is no place."""
        if self._is_ending:
            raise RefusedError("full", "This server is about to end.", headers=WAIT)
        if len(self._listeners) >= MOST:
            told = f"There are {MOST} streams already; close some, or ask again and again instead."
            raise RefusedError("full", told, headers=WAIT)

    @contextmanager
    def listener(
        self, request: HTTPConnection, visitor: Visitor, run: int | None
    ) -> Iterator[Listener]:
        """A listener for as long as the stream lasts."""
        one = Listener(request, visitor, run)
        self._listeners.add(one)
        self._loop = asyncio.get_running_loop()
        if self._is_ending:
            one.end()
        if self._task is None:
            self._task = self._loop.create_task(self._watch())
            self._task.add_done_callback(self._gone)
        try:
            yield one
        finally:
            self._listeners.discard(one)
            if not self._listeners and self._task:
                self._task.cancel()
                self._task = None

    def end(self) -> None:
        """End every stream, from whatever thread: the server is about to stop."""
        self._is_ending = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        for one in self._listeners:
            one.end()

    def _gone(self, task: asyncio.Task[None]) -> None:
        """Have streams end for which nobody looks any more: who comes back finds another one."""
        if task.cancelled():
            return
        LOG.error("looking for news failed", exc_info=task.exception())
        self._task = None
        self._end_all()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.pace)
            listeners = [*self._listeners]
            try:
                beat, over = await run_in_threadpool(self._look, listeners)
            except JobrunnerError as error:
                # A ledger that cannot be read now may be read again at the next look.
                LOG.warning("nobody could look for news: %s", error)
                continue
            for one in over:
                one.end()
            for one in listeners:
                one.ring(beat)

    def _look(self, listeners: Sequence[Listener]) -> tuple[Beat, list[Listener]]:
        now = self._site.clock.now()
        self._looks += 1
        with self._site.open() as (scene, _):
            over: list[Listener] = []
            if self._looks % AGAIN == 0:
                over = [one for one in listeners if not self._may_stay(one, scene, now)]
            prints = self._site.plan().prints
            visitors = {one.visitor.jobs: one.visitor for one in listeners}
            whole = pulse_of(scene, prints)
            pulses = {
                jobs: pulse_of(scene, prints, who.sees) if jobs else whole
                for jobs, who in visitors.items()
            }
            return Beat(self._runs(scene, listeners, whole), pulses), over

    def _runs(
        self, scene: Scene, listeners: Sequence[Listener], pulse: str
    ) -> Mapping[int, Followed]:
        """The runs that are followed; those that are known are read again when anything changed."""
        known = self._known if pulse == self._whole else {}
        wanted = {one.run for one in listeners if one.run is not None}
        found = {run: known.get(run) or followed(scene, run) for run in wanted}
        self._known, self._whole = found, pulse
        return {run: replace(each, written=_written(scene, each)) for run, each in found.items()}

    def _may_stay(self, one: Listener, scene: Scene, now: datetime) -> bool:
        """Whether the stream's visitor is still who he was, with the same rights."""
        try:
            visitor = visitor_of(one.request, self._site, scene, self._throttle, now)
        except RefusedError:
            return False
        return visitor is not None and (visitor.token, visitor.role, visitor.jobs) == (
            one.visitor.token,
            one.visitor.role,
            one.visitor.jobs,
        )


def followed(scene: Scene, number: int) -> Followed:
    """A run and its attempts: read before it, so that what ended is told with what follows it."""
    attempts = scene.store.attempts(number)
    run = scene.store.run(number)
    found = Followed(run, attempts, is_shared=isinstance(scene.store, Fleet))
    return replace(found, written=_written(scene, found))


def _written(scene: Scene, known: Followed) -> int | None:
    """How much of its last output is here that is not in a file of this host."""
    if not (known.is_shared and known.attempts):
        return None
    last = known.attempts[-1]
    sent = transcripts_of(scene).sent(last.run, last.number, last.host)
    return sent.size() if sent else None

"""Follows a run to its end: its attempts, what they write, how each ends, when the next comes."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.actions.tail import Cut, Tail, Unseen, Wrote
from jobrunner.engine.scene import Scene
from jobrunner.engine.transcript import transcripts_of
from jobrunner.errors import UnknownError
from jobrunner.model.run import Attempt, Run, State
from jobrunner.store.fleet import Fleet

PACE = 0.05  # seconds between two looks
SHARED_PACE = 0.25  # the same at a ledger that many hosts look at
PATIENCE = 10.0  # seconds to wait for what the attempt's host has still to send


class Began(Struct, frozen=True):
    """An attempt was started."""

    run: Run
    attempt: Attempt


class Ended(Struct, frozen=True):
    """An attempt ended; `next_at` is when the next one comes, if one does."""

    run: Run
    attempt: Attempt
    next_at: datetime | None


class Over(Struct, frozen=True):
    """The run has ended for good."""

    run: Run


class Still(Struct, frozen=True):
    """Nothing else is new: the run as it stands, and what its attempt has written so far."""

    run: Run
    attempt: Attempt | None
    written: int


Event = Began | Wrote | Cut | Unseen | Ended | Over | Still


def follow(scene: Scene, run: int, clock: Clock) -> Iterator[Event]:
    """Each thing that happens to a run, from its first attempt on; the last one is Over.

    The attempts are read before the run, and the output after both: what ended is told with what
    follows it, and with all that it wrote.
    """
    done = 0
    while True:
        attempts = scene.store.attempts(run)[done:]
        now = _run(scene, run)
        if not attempts:
            if not now.state.is_live:
                yield Over(now)
                return
            yield Still(now, None, 0)
            clock.sleep(_pace(scene))
            continue
        yield from _attempt(scene, now, attempts[0].number, clock)
        done += 1


def _attempt(scene: Scene, run: Run, number: int, clock: Clock) -> Iterator[Event]:
    """One attempt, from its beginning to its end."""
    tail: Tail | None = None
    until: float | None = None
    try:
        while True:
            attempt = next(each for each in scene.store.attempts(run.id) if each.number == number)
            now = _run(scene, run.id)
            if tail is None:
                opened = partial(transcripts_of(scene).of, run.id, number, attempt.host)
                tail = Tail(opened)
                yield Began(now, attempt)
            yield from tail.read()
            if attempt.state is not State.RUNNING:
                until = until or clock.elapsed() + PATIENCE
                if not _waits(scene, tail, attempt) or clock.elapsed() >= until:
                    yield Ended(now, attempt, now.next_attempt_at)
                    return
            yield Still(now, attempt, tail.offset)
            clock.sleep(_pace(scene))
    finally:
        if tail is not None:
            tail.close()


def _waits(scene: Scene, tail: Tail, attempt: Attempt) -> bool:
    """Whether some of what it wrote is still on its way here."""
    return isinstance(scene.store, Fleet) and tail.lacks(attempt.output_size)


def _pace(scene: Scene) -> float:
    return SHARED_PACE if isinstance(scene.store, Fleet) else PACE


def _run(scene: Scene, number: int) -> Run:
    run = scene.store.run(number)
    if run is None:
        raise UnknownError(f"there is no run #{number} in the ledger.")
    return run

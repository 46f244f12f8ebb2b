"""Follows a run to its end: its attempts, what they write, how each ends, when the next comes."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.actions.tail import Cut, Tail, Unseen, Wrote
from jobrunner.engine.scene import Scene
from jobrunner.errors import UnknownError
from jobrunner.model.run import Attempt, Run, State

PACE = 0.05  # seconds between two looks


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
            clock.sleep(PACE)
            continue
        yield from _attempt(scene, now, attempts[0].number, clock)
        done += 1


def _attempt(scene: Scene, run: Run, number: int, clock: Clock) -> Iterator[Event]:
    """One attempt, from its beginning to its end."""
    # The name is computed: what a database says that others write, is no path for us.
    tail = Tail(scene.state.output_path(scene.state.output(run.id, number)))
    is_new = True
    try:
        while True:
            attempt = next(each for each in scene.store.attempts(run.id) if each.number == number)
            now = _run(scene, run.id)
            if is_new:
                yield Began(now, attempt)
                is_new = False
            yield from tail.read()
            if attempt.state is not State.RUNNING:
                yield Ended(now, attempt, now.next_attempt_at)
                return
            yield Still(now, attempt, tail.offset)
            clock.sleep(PACE)
    finally:
        tail.close()


def _run(scene: Scene, number: int) -> Run:
    run = scene.store.run(number)
    if run is None:
        raise UnknownError(f"there is no run #{number} in the ledger.")
    return run

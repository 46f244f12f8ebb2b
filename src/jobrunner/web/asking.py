"""Hands a request to the supervisor, and waits for his answer as long as its visitor wants."""

from contextlib import suppress
from threading import BoundedSemaphore

from jobrunner.engine.actions import ask
from jobrunner.engine.report.request import Asked, see_request
from jobrunner.engine.state import State
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError
from jobrunner.web.call import Call

LONGEST = 60  # seconds
SOON = 1.0  # for somebody who is awake to answer
RING = 1.0  # for him to say that he is
# Who waits takes one of the server's threads: the others are for who does not.
SEATS = BoundedSemaphore(8)


def asked(call: Call, request: int, wait: float = 0) -> Asked:
    """What became of a request that was just made.  Nobody is started for it: the next tick is.

    Whether or not there is an answer by then, the request stays in the ledger.
    """
    patience = max(wait, SOON if rung(call.scene.state) else 0)
    if patience and SEATS.acquire(blocking=False):
        try:
            _wait(call, request, patience)
        finally:
            SEATS.release()
    found = call.scene.store.request(request)
    assert found is not None  # it is pruned months after it was answered
    return see_request(found)


def rung(state: State) -> bool:
    """Whether somebody is awake, and heard that there is something to do."""
    try:
        return poke(state, patience=RING) is not None
    except BusyError:
        return False


def _wait(call: Call, request: int, patience: float) -> None:
    clock = call.site.clock
    until = clock.elapsed() + patience
    with suppress(BusyError):  # that is a no, which the request tells too
        ask.answer(call.scene, request, clock, lambda: clock.elapsed() >= until)

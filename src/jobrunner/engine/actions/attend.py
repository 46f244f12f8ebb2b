"""Looks after one attempt in this process: time, signals, and its output, which is handed on."""

import select
from collections.abc import Iterable

from jobrunner.engine.actions.interrupt import Interrupts
from jobrunner.engine.actions.outlet import Outlet
from jobrunner.engine.actions.tail import Tail, Wrote
from jobrunner.engine.attempt import Attempt
from jobrunner.engine.ground import Ground
from jobrunner.engine.transcript import OnDisk

PACE = 50  # milliseconds between two looks at the output


def attend(
    attempt: Attempt, ground: Ground, interrupts: Interrupts, outlet: Outlet, *, by: str
) -> None:
    """Stay with the attempt until it is over.

    Who is asked to stop asks the command; asked once more, he waits no longer for its grace.  That
    the outlet takes nothing never keeps a timeout waiting.
    """
    run = attempt.run
    path = ground.state.output_path(ground.state.output(run.id, run.attempts))
    tail = Tail(lambda: OnDisk.at(path))
    has_ended = False
    while not (has_ended and attempt.is_over()):
        keeper = () if has_ended else (attempt.child.pidfd,)
        ready = _ready((interrupts.fd, *keeper, *attempt.pidfds), attempt, ground)
        has_ended |= attempt.child.pidfd in ready
        if interrupts.fd in ready:
            interrupts.drain()
        if interrupts.count:
            attempt.stop(by)
        if interrupts.count > 1:
            attempt.kill()
        _hand_on(tail, outlet)
        attempt.look()
        if attempt.next_at <= ground.clock.elapsed() or attempt.pidfds:
            attempt.on_time()
    _finish(tail, outlet, interrupts)
    tail.close()


def _ready(fds: Iterable[int], attempt: Attempt, ground: Ground) -> set[int]:
    """What there is something to read from, after at most the time until there is more to do."""
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    left = (attempt.next_at - ground.clock.elapsed()) * 1000
    return {fd for fd, _ in poll.poll(max(0.0, min(PACE, left)))}


def _hand_on(tail: Tail, outlet: Outlet) -> None:
    """Hand on what is new, as fast as it is taken."""
    outlet.flush()
    while outlet.is_empty and (piece := tail.piece()):
        outlet.push(piece.data if isinstance(piece, Wrote) else f"\n{piece}\n".encode())


def _finish(tail: Tail, outlet: Outlet, interrupts: Interrupts) -> None:
    """Hand on all that is left, as long as nobody insists on the end."""
    asked = interrupts.count
    _hand_on(tail, outlet)
    while not outlet.is_empty and interrupts.count == asked:
        outlet.flush(PACE / 1000)
        _hand_on(tail, outlet)

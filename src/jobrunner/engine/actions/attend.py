"""Looks after one attempt in this process: time, signals, and its output, which is handed on."""

import select

from jobrunner.engine.actions.interrupt import Interrupts
from jobrunner.engine.actions.outlet import Outlet
from jobrunner.engine.actions.tail import Tail, Wrote
from jobrunner.engine.attempt import Attempt
from jobrunner.engine.ground import Ground
from jobrunner.process.tree import Tree, end

PACE = 50  # milliseconds between two looks at the output


def attend(
    attempt: Attempt, ground: Ground, interrupts: Interrupts, outlet: Outlet, *, by: str
) -> None:
    """Stay with the attempt until it is over.

    Who is asked to stop asks the command; asked once more, he waits no longer for its grace.  That
    the outlet takes nothing never keeps a timeout waiting.
    """
    run = attempt.run
    tail = Tail(ground.state.output_path(ground.state.output(run.id, run.attempts)))
    poll = select.poll()
    poll.register(attempt.child.pidfd, select.POLLIN)
    poll.register(interrupts.fd, select.POLLIN)
    has_ended = False
    while not (has_ended and attempt.is_over()):
        for fd, _ in poll.poll(PACE):
            if fd == interrupts.fd:
                interrupts.drain()
            else:
                has_ended = True
                poll.unregister(fd)
        _heed(interrupts, attempt, ground, by)
        _hand_on(tail, outlet)
        attempt.look()
        if attempt.next_at <= ground.clock.elapsed():
            attempt.on_time()
    _finish(tail, outlet, interrupts)
    tail.close()


def _heed(interrupts: Interrupts, attempt: Attempt, ground: Ground, by: str) -> None:
    if not interrupts.count:
        return
    attempt.stop(by)
    if interrupts.count > 1:
        run = attempt.run
        tree = Tree(
            keeper=attempt.child.birth,
            marker=ground.marker(run.id, run.attempts),
            cgroup=ground.cgroup(run.id, run.attempts),
        )
        end(tree, ground.clock)


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

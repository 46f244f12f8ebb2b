"""How a command is brought to its end: asked, given its grace, then swept; a little at a time."""

from collections.abc import Sequence

from jobrunner.clock import Clock
from jobrunner.process.tree import Sweep, Tree, ask, is_empty

NEVER = float("inf")
LOOK = 0.1  # seconds between two looks whether anything is left


class Stopping:
    """One command's way to its end.

    `step` never waits: a look at the processes of the host takes a while, and there is at most one
    in each.  The next is due at `next_at`, or as soon as one of `pidfds` is readable.
    """

    def __init__(self, tree: Tree, clock: Clock, number: int, grace: float) -> None:
        """`number` is the signal that asks."""
        self._tree = tree
        self._clock = clock
        self._number = number
        self._grace = grace
        self._census = tree.census()
        self._ask_at = self._look_at = self._sweep_at = NEVER
        self._sweep: Sweep | None = None
        self._is_deserted = False
        self._is_last = False
        self.is_asked = False
        self.survivors: int | None = None  # once it is over

    @property
    def next_at(self) -> float:
        """When there is something to do, on the clock of durations."""
        if self._sweep is not None:
            return self._sweep.next_at
        return min(self._ask_at, self._look_at, self._sweep_at)

    @property
    def pidfds(self) -> Sequence[int]:
        return self._sweep.pidfds if self._sweep is not None else ()

    def ask(self) -> None:
        """Ask it to end; when its grace is over it is swept."""
        self.is_asked = True
        self._ask_at = self._clock.elapsed()
        self._sweep_at = self._ask_at + self._grace

    def force(self) -> None:
        """Let its grace be over."""
        self._sweep_at = min(self._sweep_at, self._clock.elapsed())

    def desert(self) -> None:
        """See to what is left, now that its keeper has ended; that was not to be, unless asked."""
        if self._is_deserted:
            return
        self._is_deserted = True
        if self.is_asked:
            self._look_at = self._clock.elapsed()
        else:
            self.force()

    def step(self) -> int:
        """Do a little of what is due; how many processes are found to survive it."""
        now = self._clock.elapsed()
        if self._sweep is None and now >= self._sweep_at:
            self._begin(now)
        if self._sweep is not None:
            return self._go_on(self._sweep)
        if now >= self._ask_at:
            self._ask_at = NEVER
            ask(self._tree, self._number, self._census)
        elif now >= self._look_at:
            self._look_at = now + LOOK
            if is_empty(self._tree, self._census):
                self._sweep_at = now
        return 0

    def _begin(self, now: float) -> None:
        """Sweep, and once more later, should anything survive or the sweep fail."""
        self._sweep_at = now + self._grace
        self._ask_at = NEVER
        self._is_last = self._is_deserted
        self._sweep = Sweep(self._tree, self._clock, self._census)

    def _go_on(self, sweep: Sweep) -> int:
        try:
            if not sweep.step():
                return 0
        except OSError:  # no descriptor is left, perhaps
            self._sweep, self._sweep_at = None, self._clock.elapsed() + LOOK
            raise
        self._sweep = None
        if self._is_last:
            self.survivors = len(sweep.survivors)
            self._look_at = self._sweep_at = NEVER
        elif self._is_deserted:
            self.force()  # what its keeper was to see to is looked for once it is gone
        return len(sweep.survivors)

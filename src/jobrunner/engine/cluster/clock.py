"""The time that all hosts go by: the database's, told on between two measures by what elapsed."""

from datetime import datetime, timedelta

from jobrunner.clock import Clock
from jobrunner.store.fleet import Hosts

SMALL = timedelta(seconds=1)


class SharedClock:
    """A clock that follows the database's, whatever the host's own is set to.

    1. A measure is believed as far as it is exact: it says that the time lies between the answer
       and the answer plus the time that it took.  What lies there already stays as it is.
    2. A correction ahead is made at once.  A small one back is waited out: the time stands still
       for so long, so that nothing is recorded before what it follows.
    3. A larger one back is made at once, as when somebody sets a clock.

    Until it is measured for the first time it shows the host's own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: datetime | None = None  # the time at which `elapsed` was nothing
        self._shown: datetime | None = None
        self._began_here = self._here()

    def now(self) -> datetime:
        if self._began is None:
            return self._clock.now()
        now = self._began + timedelta(seconds=self._clock.elapsed())
        self._shown = max(now, self._shown or now)
        return self._shown

    def elapsed(self) -> float:
        return self._clock.elapsed()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def measure(self, hosts: Hosts) -> None:
        """Ask the database."""
        asked_at = self._clock.elapsed()
        told = hosts.clock()
        now = timedelta(seconds=self._clock.elapsed())
        took = now - timedelta(seconds=asked_at)
        earliest, latest = told - now, told + took - now
        if self._began is None:
            self._began = earliest + took / 2
        corrected = min(max(self._began, earliest), latest)
        if self._began - corrected > SMALL:
            self._shown = None
        self._began = corrected
        self._began_here = self._here()

    @property
    def skew(self) -> timedelta:
        """How far the host's own clock is ahead."""
        return self._clock.now() - self.now()

    @property
    def is_doubtful(self) -> bool:
        """Whether the host slept since the last measure, or its clock was set: it tells no which.

        What elapses does not count the time that a host sleeps.
        """
        return abs(self._here() - self._began_here) > SMALL

    def _here(self) -> datetime:
        return self._clock.now() - timedelta(seconds=self._clock.elapsed())

"""When the clock was last looked at, and when nobody did."""

from datetime import datetime, timedelta

from jobrunner.policy.due import SMALL_STEP
from jobrunner.store.base import Store
from jobrunner.store.value import Gap

YEAR = timedelta(days=366)


def last_tick(store: Store, now: datetime, since: timedelta) -> tuple[datetime | None, list[Gap]]:
    """The last tick, None if there never was one, and the pauses before it since so long ago.

    A clock that was a little ahead has left ticks that are still to come, so that it is asked
    beyond now; those of one that was far ahead are no ticks.
    """
    pauses = store.gaps(now - since, now + YEAR, timedelta())
    pauses = [pause for pause in pauses if pause.since - SMALL_STEP <= now]
    return (pauses[-1].since, pauses[:-1]) if pauses else (None, [])

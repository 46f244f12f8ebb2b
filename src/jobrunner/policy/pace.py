"""How often an outside watcher is called about one job: a check takes five calls a minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
MOST = 5
# Of these, so many are left for how runs end.
FOR_ENDS = 2


def is_called(calls: Sequence[datetime], now: datetime, *, is_end: bool, is_news: bool) -> bool:
    """Whether a call may be made, after those of before.

    That a job has begun to fail, or has ceased to (`is_news`), is always told.
    """
    if is_news:
        return True
    recent = sum(now - MINUTE < at <= now for at in calls)
    return recent < (MOST if is_end else MOST - FOR_ENDS)

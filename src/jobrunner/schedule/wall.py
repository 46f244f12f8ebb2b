"""Wall-clock time and instants: the two are not the same where clocks change.

Python compares two datetimes of one zone by their wall-clock fields, so that comparing happens on
UTC here, always.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


def instant(naive: datetime, zone: tzinfo) -> datetime:
    """The UTC instant at which clocks show `naive`.

    A repeated time is meant in its first pass, a skipped one becomes the end of the gap: as
    Debian's cron has it.
    """
    early, late = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    if early >= late:
        return late
    return _change(early, late, zone)


def _change(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The instant in (low, high] from which clocks show what they show at `high`."""
    after = high.astimezone(zone).utcoffset()
    while high - low > TICK:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def shown(moment: datetime, zone: tzinfo) -> datetime:
    """What clocks show at `moment`; at the ends of the calendar, what UTC shows."""
    try:
        return moment.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        return moment.astimezone(UTC).replace(tzinfo=None)


@lru_cache(maxsize=4096)
def midnight(day: date, zone: tzinfo) -> datetime:
    """The first instant of `day`, in UTC."""
    return instant(datetime.combine(day, time.min), zone)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The day that has begun last: each instant belongs to exactly one day.

    Where clocks are set back over midnight, the new day has begun although clocks show the old one
    again.
    """
    day = shown(moment, zone).date()
    return day + DAY if midnight(day + DAY, zone) <= moment else day


@lru_cache(maxsize=4096)
def pieces(day: date, zone: tzinfo) -> tuple[tuple[datetime, datetime], ...]:
    """`day` from its first instant on, cut where clocks jump and where they show another date.

    Each piece goes up to the next one, and within it clocks run as real time does.
    """
    begins, ends = midnight(day, zone), midnight(day + DAY, zone)
    if begins == ends:
        return ()
    edges = {begins, ends}
    if begins.astimezone(zone).utcoffset() != (ends - TICK).astimezone(zone).utcoffset():
        change = _change(begins, ends - TICK, zone)
        edges.add(change)
        if shown(change, zone).date() < day:
            edges.add(change + (datetime.combine(day, time.min) - shown(change, zone)))
    return tuple(pairwise(sorted(edges)))


def furthest_shown(moment: datetime, day: date, zone: tzinfo) -> datetime | None:
    """The latest time of `day` that clocks have shown up to `moment`; None before it begins."""
    begun = [(begins, ends) for begins, ends in pieces(day, zone) if begins <= moment]
    return max((shown(min(moment, ends - TICK), zone) for _, ends in begun), default=None)


def since_midnight(naive: datetime) -> timedelta:
    """How far the clock is into the day, by what it shows."""
    return naive - datetime.combine(naive, time.min)


@lru_cache(maxsize=4096)
def has_change(day: date, zone: tzinfo) -> bool:
    """Whether the clocks change on `day`, or at its beginning."""
    return midnight(day + DAY, zone) - midnight(day, zone) != DAY


def past(moment: datetime, by: timedelta, zone: tzinfo) -> datetime:
    """So much after (or before) `moment`, but not across a change of clocks.

    Going ahead it stops at the change, going back at the instant before it.
    """
    near = moment + by
    if near.astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset():
        return near
    if by > timedelta():
        return _change(moment, near, zone)
    return _change(near, moment, zone) - TICK

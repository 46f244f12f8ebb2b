"""Changes of the clocks of a zone: stretches of wall-clock time skipped or shown twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
NO_LENGTH = timedelta(0)
ANY_LENGTH = timedelta.max


class Change(Struct, frozen=True):
    """At the instant `at` the offset from UTC goes from `before` to `after`."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def leaves(self) -> datetime:
        """What the clock would have shown without the change."""
        return self.at.replace(tzinfo=None) + self.before

    @property
    def arrives(self) -> datetime:
        """What it shows."""
        return self.at.replace(tzinfo=None) + self.after

    @property
    def skips(self) -> bool:
        """Whether times from `leaves` to `arrives` are skipped; else those between are repeated."""
        return self.after > self.before


class Policy(Struct, frozen=True):
    """What becomes of slots at a change, by how far the clock is moved.

    Skipped slots run once, right after a jump that is shorter than `catches_up_below`.  Repeated
    slots run again if the clock went back by more than `repeats_above`, else the first time only.
    """

    catches_up_below: timedelta
    repeats_above: timedelta

    def catches_up(self, change: Change) -> bool:
        return change.skips and change.after - change.before < self.catches_up_below

    def repeats(self, change: Change) -> bool:
        return not change.skips and change.before - change.after > self.repeats_above


# cron(8) of Debian: a move of three hours or more is a correction of the clock, not summer time,
# and after a jump of less than five minutes everything is made up for.
FIXED = Policy(timedelta(hours=3), timedelta(hours=3))
WILD = Policy(timedelta(minutes=5), NO_LENGTH)
SKIP = Policy(NO_LENGTH, ANY_LENGTH)
BOTH = Policy(ANY_LENGTH, NO_LENGTH)


def offset_at(zone: tzinfo, moment: datetime) -> timedelta:
    """The offset from UTC that holds in the zone at an aware moment."""
    return moment.astimezone(zone).utcoffset() or NO_LENGTH


def change_over(zone: tzinfo, shown: datetime) -> Change | None:
    """The change that skips or repeats this wall-clock time; None on any usual day."""
    shown = shown.replace(microsecond=0)
    first = shown.replace(tzinfo=zone, fold=0).utcoffset() or NO_LENGTH
    second = shown.replace(tzinfo=zone, fold=1).utcoffset() or NO_LENGTH
    if first == second:
        return None
    utc = shown.replace(tzinfo=UTC)
    return _change(zone, utc - max(first, second), utc - min(first, second))


def changes(zone: tzinfo, after: datetime, until: datetime) -> Iterator[Change]:
    """Every change in (after, until], in order.  No zone has undone one within a day."""
    low, offset = after, offset_at(zone, after)
    while low < until:
        high = min(low + DAY, until)
        if offset_at(zone, high) != offset:
            yield _change(zone, low, high)
            offset = offset_at(zone, high)
        low = high


def _change(zone: tzinfo, low: datetime, high: datetime) -> Change:
    """The one change in (low, high], both whole seconds."""
    before, after = offset_at(zone, low), offset_at(zone, high)
    while high - low > SECOND:
        middle = low + (high - low) // SECOND // 2 * SECOND
        if offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return Change(high, before, after)

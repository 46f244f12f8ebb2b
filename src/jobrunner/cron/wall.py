"""Naive wall-clock times at which a cron expression comes due: days and times of day together."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from jobrunner.cron.day import Days
from jobrunner.cron.daytime import Times
from jobrunner.cron.step import DAY, day_after, day_before


class Wall(Struct, frozen=True):
    """What a clock on the wall shows when something is due.

    All times are naive and whole seconds; that a clock is ever changed is not known here.
    """

    days: Days
    times: Times

    def after(self, shown: datetime) -> datetime | None:
        """The first matching time strictly after `shown`."""
        today = shown.date()
        rank = self.times.rank(_second(shown) + 1)
        if rank < len(self.times) and self.days.holds(today):
            return self._at(today, rank)
        day = day_after(self.days, today)
        return None if day is None else self._at(day, 0)

    def before(self, shown: datetime) -> datetime | None:
        """The last matching time strictly before `shown`."""
        today = shown.date()
        rank = self.times.rank(_second(shown)) - 1
        if rank >= 0 and self.days.holds(today):
            return self._at(today, rank)
        day = day_before(self.days, today)
        return None if day is None else self._at(day, len(self.times) - 1)

    def each(self, first: datetime, stop: datetime) -> Iterator[datetime]:
        """Every matching time in [first, stop), in order."""
        for day in self._days(first.date(), stop.date()):
            begin = self._rank(first) if day == first.date() else 0
            end = self._rank(stop) if day == stop.date() else len(self.times)
            midnight = datetime.combine(day, time.min)
            for rank in range(begin, end):
                yield midnight + timedelta(seconds=self.times.at(rank))

    def count(self, first: datetime, stop: datetime) -> int:
        """How many times `each` would give, without going through them."""
        if first >= stop:
            return 0
        whole = sum(1 for _ in self._days(first.date(), stop.date() - DAY)) * len(self.times)
        before = self._rank(first) if self.days.holds(first.date()) else 0
        on_last = self._rank(stop) if self.days.holds(stop.date()) else 0
        return whole - before + on_last

    def rest_of(self, first: datetime) -> tuple[datetime, int] | None:
        """From that time on the first one that matches on the same day, and how many there are."""
        rank = self._rank(first) if self.days.holds(first.date()) else len(self.times)
        left = len(self.times) - rank
        return (self._at(first.date(), rank), left) if left else None

    def _days(self, first: date, last: date) -> Iterator[date]:
        day = day_after(self.days, first - DAY)
        while day is not None and day <= last:
            yield day
            day = day_after(self.days, day)

    def _rank(self, shown: datetime) -> int:
        return self.times.rank(_second(shown))

    def _at(self, day: date, rank: int) -> datetime:
        return datetime.combine(day, time.min) + timedelta(seconds=self.times.at(rank))


def _second(shown: datetime) -> int:
    return shown.hour * 3600 + shown.minute * 60 + shown.second

"""At which times of the day a cron expression comes due."""

from bisect import bisect_left

from msgspec import Struct

MINUTE = 60
HOUR = 3600
WHOLE_DAY = 86400


class Times(Struct, frozen=True):
    """Every combination of these hours, minutes and seconds, numbered in order from 0."""

    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...] = (0,)

    def __len__(self) -> int:
        return len(self.hours) * len(self.minutes) * len(self.seconds)

    def rank(self, second: int) -> int:
        """How many of the times lie before that second of the day."""
        if second >= WHOLE_DAY:
            return len(self)
        hour, rest = divmod(second, HOUR)
        minute, rest = divmod(rest, MINUTE)
        rank, there = _rank(self.hours, hour)
        if not there:
            return rank * len(self.minutes) * len(self.seconds)
        inner, there = _rank(self.minutes, minute)
        rank = rank * len(self.minutes) + inner
        if not there:
            return rank * len(self.seconds)
        return rank * len(self.seconds) + bisect_left(self.seconds, rest)

    def at(self, rank: int) -> int:
        """The second of the day of the time with that number."""
        rank, second = divmod(rank, len(self.seconds))
        hour, minute = divmod(rank, len(self.minutes))
        return self.hours[hour] * HOUR + self.minutes[minute] * MINUTE + self.seconds[second]


def _rank(values: tuple[int, ...], value: int) -> tuple[int, bool]:
    rank = bisect_left(values, value)
    return rank, rank < len(values) and values[rank] == value

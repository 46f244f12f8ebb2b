"""Whether what a job takes grows: a robust line through its days, or none."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from itertools import combinations
from math import sqrt
from statistics import median

from msgspec import Struct

# Fewer days say nothing, and more are told as so many stretches: the work grows with their square.
FEWEST, MOST = 8, 40
# How unlikely chance alone must be to have put the days in their order: 1 in 1,000, both ways.
SURE = 3.29
# A change that is smaller than this is true, perhaps, and of no use to anybody.
WORTH_TELLING = 0.1

Point = tuple[float, float]  # a day, and how long


class Trend(Struct, frozen=True):
    """A line: where it begins and where it ends, and how much it rises a day."""

    begins: float
    ends: float
    a_day: float

    @property
    def change(self) -> float:
        """How much it rises over its whole length: 0.41 for two fifths."""
        return self.ends / self.begins - 1


def trend(points: Iterable[Point]) -> Trend | None:
    """The line that a job's days follow; None where they follow none.

    1. Its slope is the median of the slopes between all pairs of days (Theil and Sen), so that
       three days in ten may be anything.
    2. There is none unless enough days are known, chance is next to excluded (Mann and Kendall),
       and the rise or fall is worth telling.
    3. Nor where it would begin or end at nothing or less.
    """
    days = pooled(points, MOST)
    if len(days) < FEWEST or not _is_sure([took for _, took in days]):
        return None
    a_day = median((b - a) / (right - left) for (left, a), (right, b) in combinations(days, 2))
    middle = median(took - a_day * day for day, took in days)
    first, last = (middle + a_day * day for day in (days[0][0], days[-1][0]))
    if min(first, last) <= 0 or abs(last / first - 1) < WORTH_TELLING:
        return None
    return Trend(first, last, a_day)


def days_until(line: Trend, limit: float) -> float | None:
    """How many days after its end a rising line meets a limit that lies above it."""
    if line.a_day <= 0 or line.ends >= limit:
        return None
    return (limit - line.ends) / line.a_day


def pooled(points: Iterable[Point], most: int) -> list[Point]:
    """The median of each day, in order; of more days than `most`, of as many even stretches."""
    found: dict[float, list[float]] = {}
    for day, took in points:
        found.setdefault(day, []).append(took)
    days = [(day, _middle(found[day])) for day in sorted(found)]
    if len(days) <= most:
        return days
    length = (days[-1][0] - days[0][0]) / most
    stretches: dict[int, list[Point]] = {}
    for day, took in days:
        number = min(int((day - days[0][0]) / length), most - 1)
        stretches.setdefault(number, []).append((day, took))
    return [(median(d for d, _ in some), median(t for _, t in some)) for some in stretches.values()]


def _middle(values: Sequence[float]) -> float:
    """The median, which is at hand where there is one value, as there is for most days."""
    return values[0] if len(values) == 1 else median(values)


def _is_sure(values: Sequence[float]) -> bool:
    """Whether chance alone would hardly have put the values in this order.

    Equal values count neither way; that they make the order less telling is left out, so that few
    different values are rather taken for chance.
    """
    number, rises = len(values), 0
    before: list[float] = []
    for value in values:
        rises += bisect_left(before, value) + bisect_right(before, value) - len(before)
        insort(before, value)
    spread = sqrt(number * (number - 1) * (2 * number + 5) / 18)
    return abs(rises) - 1 > SURE * spread


def split(
    points: Iterable[Point], first: float, last: float, most: int
) -> tuple[float | None, ...]:
    """The medians of even stretches from day `first` to `last`; None for one without any point."""
    number = max(1, min(most, int(last - first) + 1))
    found: list[list[float]] = [[] for _ in range(number)]
    for day, took in points:
        if first <= day <= last:
            found[int((day - first) * number / (last - first + 1))].append(took)
    return tuple(_middle(some) if some else None for some in found)


def levels(values: Sequence[float | None]) -> tuple[int | None, ...]:
    """How high each value stands, from 0 to 7; half as much again as their median is the top.

    Even values stand in the middle, however many there are: a wobble is not drawn as a mountain.
    """
    known = [value for value in values if value is not None]
    middle = median(known) if known else 0.0
    return tuple(None if value is None else _level(value, middle) for value in values)


def _level(value: float, middle: float) -> int:
    if middle <= 0:
        return 3 if value <= 0 else 7
    return max(0, min(7, round(3.5 + 8 * (value / middle - 1) - 0.5)))

"""Several schedules as one: every instant once; and fixed instants."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby

from msgspec import Struct

from jobrunner.model.schedule import Schedule
from jobrunner.schedule.walk import step, walk
from jobrunner.schedule.wall import TICK
from jobrunner.words import listed


class Instants(Struct, frozen=True):
    """`at`: these instants, sorted, in UTC, each once."""

    at: tuple[datetime, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        place = bisect_right(self.at, moment)
        return self.at[place] if place < len(self.at) else None

    def previous_before(self, moment: datetime) -> datetime | None:
        place = bisect_left(self.at, moment)
        return self.at[place - 1] if place else None

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return walk(self, after, until)

    def count(self, after: datetime, until: datetime) -> int:
        return max(0, bisect_right(self.at, until) - bisect_right(self.at, after))

    def describe(self) -> str:
        return f"Once at {listed(f'{at:%Y-%m-%d %H:%M:%S} UTC' for at in self.at)}"


class Union(Struct, frozen=True):
    """Due whenever one of its parts is; an instant that several share is one slot."""

    parts: tuple[Schedule, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        slots = (step(part, moment, ahead=True) for part in self.parts)
        return min((slot for slot in slots if slot is not None), default=None)

    def previous_before(self, moment: datetime) -> datetime | None:
        slots = (step(part, moment, ahead=False) for part in self.parts)
        return max((slot for slot in slots if slot is not None), default=None)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        in_order = merge(*(_in_utc(part.between(after, until)) for part in self.parts))
        return (slot for slot, _ in groupby(in_order))

    def count(self, after: datetime, until: datetime) -> int:
        """As many as the densest part has, and those of the others that it has not."""
        if not self.parts:
            return 0
        counts = {part.count(after, until): part for part in self.parts}
        densest = counts[max(counts)]
        rest = Union(tuple(part for part in self.parts if part is not densest))
        return max(counts) + sum(not _has(densest, slot) for slot in rest.between(after, until))

    def describe(self) -> str:
        if not self.parts:
            return "By hand only"
        first, *others = (part.describe() for part in self.parts)
        return "; ".join([first, *(words[:1].lower() + words[1:] for words in others)])


def _in_utc(slots: Iterable[datetime]) -> Iterator[datetime]:
    return (slot.astimezone(UTC) for slot in slots)


def _has(schedule: Schedule, slot: datetime) -> bool:
    return step(schedule, slot - TICK, ahead=True) == slot

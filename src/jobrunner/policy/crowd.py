"""Planned runs that meet: how many at once, who keeps whom out, which minutes are full."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

# Where to go from a full minute: away from it, and from the minutes that others like too.
OFFSETS = (17, 23, 37, 43, 7, 13, 27, 33, 47, 53, 11, 19, 29, 31, 41, 49, 3, 8, 57, 52)
OF_AN_HOUR = 60
ENDS, EDGE, BEGINS = -1, 0, 1


class Planned(NamedTuple):
    """A run that is to come, in seconds of any count, up to but without its end."""

    begins: float
    ends: float
    job: str


class Clash(Struct, frozen=True, kw_only=True):
    """A job that finds no room because another one has it: when first, and how often."""

    job: str
    by: str
    first: float
    times: int


def peaks(runs: Sequence[Planned], edges: Sequence[float]) -> list[int]:
    """The most runs at once between each two edges, which are in order."""
    events = [(run.begins, BEGINS) for run in runs] + [(run.ends, ENDS) for run in runs]
    events += [(edge, EDGE) for edge in edges]
    found = [0] * max(0, len(edges) - 1)
    active, number = 0, -1
    for _, kind in sorted(events):
        active += kind
        number += kind == EDGE
        if 0 <= number < len(found):
            found[number] = max(found[number], active)
    return found


def clashes(runs: Iterable[Planned], room: int) -> list[Clash]:
    """Who finds all the room taken, and by whom; those who do not run take none.

    That a job meets itself is none: its own slots are told from one another by `gap`.
    """
    active: list[tuple[float, str]] = []
    found: dict[tuple[str, str], Clash] = {}
    for run in sorted(runs):
        while active and active[0][0] <= run.begins:
            heappop(active)
        if len(active) < room:
            heappush(active, (run.ends, run.job))
            continue
        others = [job for _, job in active if job != run.job]
        if others:
            key = run.job, others[0]
            before = found.get(key)
            found[key] = Clash(
                job=run.job,
                by=others[0],
                first=before.first if before else run.begins,
                times=before.times + 1 if before else 1,
            )
    return sorted(found.values(), key=lambda clash: (clash.first, clash.job))


def gap(begins: Iterable[float]) -> float | None:
    """The shortest time from one to the next; None for fewer than two."""
    return min((later - early for early, later in pairwise(sorted(begins))), default=None)


def quieter(minute: int, starts: Mapping[int, int]) -> int:
    """A minute of the day within the hour after `minute` in which least is started."""
    day = 24 * OF_AN_HOUR
    others = (minute + offset for offset in _offsets())
    return min((other % day for other in others), key=lambda other: starts.get(other, 0))


def _offsets() -> Iterator[int]:
    yield from OFFSETS
    yield from (offset for offset in range(1, OF_AN_HOUR) if offset not in OFFSETS)

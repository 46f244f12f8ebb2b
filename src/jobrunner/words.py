"""Durations and lists in English words, long and short."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

UNITS = ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
SHORT = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def spell(duration: timedelta) -> str:
    """A duration as a sentence has it: "1 hour 30 minutes"."""
    rest = _whole_seconds(max(duration, timedelta()))
    pieces: list[str] = []
    for size, unit in UNITS:
        number, rest = divmod(rest, size)
        if number:
            pieces.append(f"{number} {unit}" + "s" * (number != 1))
    return " ".join(pieces) or f"{max(0.0, duration.total_seconds()):g} seconds"


def short(duration: timedelta) -> str:
    """A duration as a table has it, its two largest units: "11m 02s", "12h 27m", "0.8s"."""
    if duration < timedelta(seconds=10):
        return f"{max(0.0, duration.total_seconds()):.1f}s"
    rest = _whole_seconds(duration)
    pieces: list[str] = []
    for size, unit in SHORT:
        number, rest = divmod(rest, size)
        if pieces:
            pieces.append(f"{number:02}{unit}")
            break
        if number:
            pieces.append(f"{number}{unit}")
    return " ".join(pieces)


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words in a row: "a", "a and b", "a, b and c"."""
    *front, end = words
    return f"{', '.join(front)} {last} {end}" if front else end


def some(words: Sequence[str], most: int) -> str:
    """As many words in a row as stay readable: "a, b, c and 11 others"."""
    others = len(words) - most
    return listed([*words[:most], *([numbered(others, "other")] if others > 0 else [])])


def numbered(number: int, thing: str) -> str:
    """So many of a thing: "1 job", "1,200 jobs"."""
    return f"{number:,} {thing}" + "s" * (number != 1)


def _whole_seconds(duration: timedelta) -> int:
    return duration // timedelta(seconds=1)

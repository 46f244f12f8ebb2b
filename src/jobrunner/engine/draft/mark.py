"""Which key of a table each problem is about, for who fills in keys and sees no lines."""

import re
from collections.abc import Mapping, Sequence

from jobrunner.config.position import Path, Spot, spots
from jobrunner.config.problem import Problem


def keys_of(text: str, table: Path, problems: Sequence[Problem]) -> list[tuple[Path, Problem]]:
    """Each problem with the path of its key below the table: () if it is about no key there.

    The text is valid TOML, and the problems are those of its own file.
    """
    clean = text.removeprefix("\ufeff").replace("\r\n", "\n")
    own = {path: spot for path, spot in spots(clean).items() if path[: len(table)] == table}
    starts = [0, *(end.end() for end in re.finditer("\n", clean))]
    return [(_key(own, _offset(starts, each))[len(table) :], each) for each in problems]


def _offset(starts: Sequence[int], problem: Problem) -> int:
    if not 0 < problem.line <= len(starts):
        return -1
    return starts[problem.line - 1] + problem.column - 1


def _key(own: Mapping[Path, Spot], offset: int) -> Path:
    """The innermost key that the place is in."""
    inside = [
        path for path, (key, value) in own.items() if key[0] <= offset < max(key[1], value[1])
    ]
    return max(inside, key=len, default=())

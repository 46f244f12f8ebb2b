"""Proves that an edit did what it should and nothing else; what cannot be proved is not done."""

import math
import tomllib
from collections import Counter
from collections.abc import Iterable
from typing import Any

from jobrunner.config.edit.scan import Path, comments, scan

Table = dict[str, Any]


def is_proved(
    old: str, new: str, wanted: Table, paths: tuple[Path, ...], lost: Iterable[str]
) -> bool:
    """Whether `new` says what is `wanted`, and is `old` but for what concerns `paths`.

    1. tomllib reads `wanted` from it.  2. Every comment is there as often as before, except those
    in `lost`.  3. Every other statement is there in the same bytes and order.
    """
    try:
        found = tomllib.loads(new)
        new.encode()
    except (ValueError, RecursionError):
        return False
    return (
        _same(_pruned(found, paths[0][:-1]), _pruned(wanted, paths[0][:-1]))
        and Counter(comments(new)) == Counter(comments(old)) - Counter(lost)
        and _others(new, paths) == _others(old, paths)
    )


def _same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1, 1.0 and true are three values."""
    if type(one) is not type(other):
        return False
    match one:
        case dict():
            return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
        case list():
            return len(one) == len(other) and all(map(_same, one, other))
        case float() if math.isnan(one):
            return math.isnan(other)
    return bool(one == other)


def _pruned(document: Table, way: Path) -> Table:
    """Without the tables on this way that are empty: whether they are there, no key tells."""
    if not way or not isinstance(document.get(way[0]), dict):
        return document
    below = _pruned(document[way[0]], way[1:])
    rest = {name: value for name, value in document.items() if name != way[0]}
    return {way[0]: below} | rest if below else rest


def _others(text: str, paths: tuple[Path, ...]) -> list[str]:
    """The statements that are not about these paths, do not hold them, are no header above them."""
    own = set(paths)
    above = {path[:length] for path in paths for length in range(1, len(path))}
    return [
        text[slice(*statement.span)].rstrip()
        for statement in scan(text)
        if statement.pair.path not in above and not _is_below(statement.pair.path, own)
    ]


def _is_below(path: Path, paths: set[Path]) -> bool:
    return any(path[:length] in paths for length in range(1, len(path) + 1))

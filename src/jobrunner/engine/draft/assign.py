"""Keys and values as people type them on a command line, and what they mean in jobs.toml."""

import shlex
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from jobrunner.config.assemble import MAIN
from jobrunner.config.edit import remove, set_value
from jobrunner.config.edit.literal import key, one_line
from jobrunner.config.edit.scan import Path, comments, split
from jobrunner.config.spelling import quoted, unknown
from jobrunner.errors import UnknownError

JOBS = "jobs"


def path_of(typed: str, jobs: Collection[str]) -> Path:
    """The path of a key: `jobs.backup.cron`, in short `backup.cron`, or `settings.host`.

    A job's name with a dot in it needs no quotes where no other job could be meant.
    """
    try:
        names = split(typed)
    except ValueError as error:
        raise UnknownError(f"{quoted(typed)} is not a key; write it as backup.cron.") from error
    if names[0] in MAIN and names[0] != JOBS:
        return names
    rest = names[1:] if names[0] == JOBS else names
    for length in range(1, len(rest)):
        if ".".join(rest[:length]) in jobs:
            return (JOBS, ".".join(rest[:length]), *rest[length:])
    raise UnknownError(_unknown(typed, rest, jobs))


def values(typed: str) -> tuple[Any, ...]:
    """What a typed value may mean: what TOML reads, if it reads one; then the text as it is."""
    found = _toml(typed)
    return (typed,) if found is None or found == typed else (found, typed)


def applied(
    text: str,
    wanted: Mapping[Path, Sequence[Any]],
    unwanted: Collection[Path],
    problems: Callable[[str], int],
) -> str:
    """The text with keys set and others gone; of what a value may mean, what fits.

    Each value is what TOML reads, unless there are fewer problems with its text.
    """
    chosen = {path: meanings[0] for path, meanings in wanted.items()}
    new = _with(text, chosen, unwanted)
    for path, meanings in wanted.items():
        for other in meanings[1:]:
            if not (before := problems(new)):
                return new
            tried = _with(text, chosen | {path: other}, unwanted)
            if problems(tried) < before:
                chosen[path], new = other, tried
    return new


def value_at(text: str, path: Path) -> Any:
    """What the text says there; None if nothing, or if it is no TOML."""
    try:
        found: Any = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    for name in path:
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return found


def typed_key(path: Path) -> str:
    """A path as it is typed, in short where it is a job's."""
    short = path[1:] if path[0] == JOBS and path[1] not in MAIN else path
    return shlex.quote(key(short))


def typed_value(value: Any) -> str:
    """A value as it is typed."""
    is_plain = isinstance(value, str) and _toml(value) is None
    return shlex.quote(value if is_plain else one_line(value))


def _with(text: str, chosen: Mapping[Path, Any], unwanted: Collection[Path]) -> str:
    for path, value in chosen.items():
        text = set_value(text, path, value)
    for path in unwanted:
        text = remove(text, path)
    return text


def _toml(typed: str) -> Any:
    try:
        found = tomllib.loads(f"x = {typed}")
    except (ValueError, RecursionError):
        return None
    is_whole = found.keys() == {"x"} and not comments(f"x = {typed}")
    return found["x"] if is_whole else None


def _unknown(typed: str, rest: Path, jobs: Collection[str]) -> str:
    if not rest:
        return f"{quoted(typed)} names no job; write it as backup.cron."
    if len(rest) == 1 and rest[0] in jobs:
        return f"{quoted(typed)} is a job; name a key of it, as {rest[0]}.cron."
    if len(rest) == 1:
        return f"{quoted(typed)} is no key of a job; write it as backup.cron."
    return unknown("job", rest[0], jobs)

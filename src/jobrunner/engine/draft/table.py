"""A job as programs send it, in JSON, and as jobs.toml has it: written where it differs alone."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from jobrunner.config.edit import remove, set_value
from jobrunner.engine.draft.assign import value_at
from jobrunner.errors import UnknownError, UnusableError

Path = tuple[str, ...]
Table = Mapping[str, Any]
# JSON has no dates: what stands for one in these keys becomes one.
DATES = frozenset({"at", "start", "end", "skip_dates"})
DEEPEST = 16


def table_of(text: str, name: str) -> Table:
    """The keys of a job as the text has them."""
    found = value_at(text, ("jobs", name))
    if not isinstance(found, dict):
        raise UnknownError(f"the file has no table [jobs.{name}]")
    return found


def from_json(sent: Table) -> dict[str, Any]:
    """The table that JSON stands for; UnusableError where TOML has no such value."""
    return {name: _value(name, value, 0) for name, value in sent.items()}


def merged(table: Table, patch: Table) -> dict[str, Any]:
    """The table with a merge patch applied: null takes a key away (RFC 7396)."""
    new = dict(table)
    for name, value in patch.items():
        if value is None:
            new.pop(name, None)
        elif isinstance(value, dict):
            before = new.get(name)
            new[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            new[name] = value
    return new


def rewritten(text: str, path: Path, new: Table) -> str:
    """The text with this table in the place of the one at `path`: what is equal stays as it is."""
    old = value_at(text, path)
    for name in [name for name in old if name not in new]:
        text = remove(text, (*path, name))
    for name, value in new.items():
        before, at = old.get(name), (*path, name)
        if _same(before, value):
            continue
        if isinstance(before, dict) and isinstance(value, dict) and value:
            text = rewritten(text, at, value)
            continue
        if isinstance(before, dict):
            text = remove(text, at)
        text = set_value(text, at, value)
    return text


def _value(name: str, value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise UnusableError(f"{name}: it is nested too deeply")
    match value:
        case None:
            raise UnusableError(f"{name}: jobs.toml has no null; leave the key out")
        case dict():
            return {key: _value(key, each, depth + 1) for key, each in value.items()}
        case list():
            return [_value(name, each, depth + 1) for each in value]
        case str() if name in DATES:
            return next(_dates(value), value)
    return value


def _dates(text: str) -> Iterator[date]:
    for kind in (date, datetime):
        try:
            yield kind.fromisoformat(text)
        except ValueError:
            continue


def _same(old: Any, new: Any) -> bool:
    """Whether they are written alike: 1, 1.0 and true are not."""
    return type(old) is type(new) and bool(old == new)

"""Edits of jobs.toml, text to text, that touch what they are about and nothing else.

Each edit is a splice, and is proved before it is handed out (`proof`): what cannot be proved is
refused, with the edit to make by hand.  The text must be valid TOML; a BOM and CRLF are kept.

Which comments go with what is removed: those on its own lines and between them, and those that
touch it, without an empty line between: above its header, or below its last line.  One that touches
the next header belongs to that.  All others stay.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jobrunner.config.edit.cut import cut
from jobrunner.config.edit.insert import append, assign
from jobrunner.config.edit.literal import block, key, literal, plain
from jobrunner.config.edit.proof import Table, is_proved
from jobrunner.config.edit.relabel import relabel, relabelled
from jobrunner.config.edit.scan import Path, split
from jobrunner.errors import JobrunnerError, UnknownError, UnusableError

BOM = "\ufeff"


class EditError(JobrunnerError):
    """The edit cannot be made without touching something else; `by_hand` says what to write."""

    def __init__(self, reason: str, by_hand: str) -> None:
        super().__init__(f"{reason} Edit the file by hand:\n{by_hand}")
        self.by_hand = by_hand


def add(text: str, name: str, table: Mapping[str, Any]) -> str:
    """The text with one more job, in a block at its end; the bytes before it stay."""
    return add_all(text, {name: table})


def add_all(text: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with more jobs, all or none of them."""
    mark, body, wanted = _opened(text)
    new: dict[Path, Table] = {("jobs", name): plain(table) for name, table in tables.items()}
    written = "\n".join(block(path, table) for path, table in new.items())
    jobs = _table(wanted, ("jobs",), written)
    for path, table in new.items():
        if path[-1] in jobs:
            raise EditError(f"There is a [{key(path)}] already.", written)
        jobs[path[-1]] = table
    return mark + _proved(body, _with_all(body, new, written), wanted, tuple(new), written)


def set_value(text: str, path: str | Path, value: object) -> str:
    """The text with this key set: in its place, or behind the others of its table."""
    mark, body, wanted = _opened(text)
    names, new = _names(path), plain(value)
    by_hand = f"[{key(names[:-1])}]\n" * (len(names) > 1) + f"{key(names[-1:])} = {literal(new)}"
    _table(wanted, names[:-1], by_hand)[names[-1]] = new
    return mark + _proved(body, [assign(body, names, new)], wanted, (names,), by_hand)


def remove(text: str, path: str | Path) -> str:
    """The text without this key or table, and without the comments that belong to it alone."""
    mark, body, wanted = _opened(text)
    names = _names(path)
    by_hand = f"remove {key(names)} and what is below it"
    table = _table(wanted, names[:-1], by_hand)
    if names[-1] not in table:
        raise UnknownError(f"There is no {key(names)}.")
    del table[names[-1]]
    new, lost = cut(body, names)
    return mark + _proved(body, [new], wanted, (names,), by_hand, lost=lost)


def rename(text: str, old: str, new: str) -> str:
    """The text with this job called `new`, also where other jobs name it in `after`."""
    mark, body, wanted = _opened(text)
    by_hand = f"write {key((new,))} for {key((old,))} in its headers and in every `after`"
    jobs = _table(wanted, ("jobs",), by_hand)
    if old not in jobs:
        raise UnknownError(f"There is no {key(('jobs', old))}.")
    if new in jobs:
        raise EditError(f"There is a [{key(('jobs', new))}] already.", by_hand)
    followers = relabelled(jobs, old, new)
    paths = (("jobs", old), ("jobs", new), *(("jobs", name, "after") for name in followers))
    return mark + _proved(body, [relabel(body, old, new)], wanted, paths, by_hand)


def _opened(text: str) -> tuple[str, str, Table]:
    """The BOM if there is one, the rest, and what it says."""
    body = text.removeprefix(BOM)
    try:
        return text[: len(text) - len(body)], body, tomllib.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"The file is not valid TOML, so it is not edited: {error}.") from error


def _names(path: str | Path) -> Path:
    try:
        return split(path) if isinstance(path, str) else path
    except ValueError as error:
        raise UnknownError(f"{path!r} is not a key; write it as jobs.backup.cron.") from error


def _table(document: Table, path: Path, by_hand: str) -> Table:
    """The table at this path, made if there is none."""
    for name in path:
        document = document.setdefault(name, {})
        if not isinstance(document, dict):
            raise EditError(f"{key(path)} is not a table.", by_hand)
    return document


def _with_all(body: str, tables: Mapping[Path, Table], written: str) -> Iterator[str]:
    yield append(body, written)
    # Where `jobs` is an inline table, a block is not TOML.
    for path, table in tables.items():
        body = assign(body, path, table)
    yield body


def _proved(
    body: str,
    candidates: Iterable[str],
    wanted: Table,
    paths: tuple[Path, ...],
    by_hand: str,
    *,
    lost: Iterable[str] = (),
) -> str:
    """The first candidate that is proved."""
    for new in candidates:
        if is_proved(body, new, wanted, paths, lost):
            return new
    raise EditError("This cannot be changed without touching something else.", by_hand)

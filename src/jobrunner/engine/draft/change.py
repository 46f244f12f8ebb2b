"""What a change of jobs.toml means, told job by job: which keys, and when each is due now."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from msgspec import Struct

from jobrunner.config.edit.literal import key, one_line, plain
from jobrunner.config.secret import veiled
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.slot import coming, rhythm, slot_words
from jobrunner.engine.draft.trial import Draft
from jobrunner.model.job import Job
from jobrunner.words import numbered

Path = tuple[str, ...]
LONGEST = 48
NAMED = {"jobs", "notify"}  # sections whose tables have names


class Difference(Struct, frozen=True):
    """One key and its value before and after; None where there is none."""

    key: str
    old: Any
    new: Any


class JobChange(Struct, frozen=True, kw_only=True):
    """What became of a job: added, removed, changed; by its own keys, or by others' (none)."""

    name: str
    old: Job | None
    new: Job | None
    keys: Sequence[Difference] = ()


def differences(old: str, new: str) -> dict[Path, list[Difference]]:
    """The keys whose values differ between two texts, by the table they belong to."""
    before, after = _flat(_tables(old)), _flat(_tables(new))
    found: dict[Path, list[Difference]] = {}
    for path in dict.fromkeys([*after, *before]):
        if _differ(before.get(path), after.get(path)):
            length = 2 if path[0] in NAMED else len(path) - 1 and 1
            holder, rest = path[:length], path[length:]
            found.setdefault(holder, []).append(
                Difference(key(rest), before.get(path), after.get(path))
            )
    return found


def job_changes(draft: Draft) -> list[JobChange]:
    """The jobs that are not what they were, in the order of the new file."""
    own = differences(draft.old, draft.new)
    before, after = draft.before.jobs if draft.before else {}, draft.after.jobs
    names = dict.fromkeys([*after, *before])
    if draft.before is None:
        names = {name: None for name in names if ("jobs", name) in own}
    return [
        JobChange(
            name=name, old=before.get(name), new=after.get(name), keys=own.get(("jobs", name), ())
        )
        for name in names
        if before.get(name) != after.get(name)
    ]


def told(draft: Draft, now: datetime, zone: tzinfo) -> list[str]:
    """The lines that tell what a saved change means."""
    first, *rest = meaning(draft, now, zone)
    return [f"Saved. {first}", *rest]


def meaning(draft: Draft, now: datetime, zone: tzinfo) -> list[str]:
    """The lines that tell what a change means: how many jobs it changes, and each of them."""
    changes = job_changes(draft)
    lines = [line for block in _sections(draft) for line in block]
    width = max((len(change.name) for change in changes), default=0)
    for change in changes:
        lines += _job_lines(change, width, now, zone)
    return [f"{_count(draft, changes)}{':' if lines else '.'}", *lines]


def value_words(name: str, value: Any) -> str:
    """A value as a line of words has it: short, without quotes, secrets starred out."""
    if value is None:
        return "-"
    written = one_line(plain(value))
    safe = veiled(f"{name.rpartition('.')[2]} = {written}").partition(" = ")[2]
    if safe == written and isinstance(value, str):
        safe = " ".join(value.split()) or '""'
    return shown(safe if len(safe) <= LONGEST else f"{safe[: LONGEST - 3]}...")


def is_secret(name: str, value: Any) -> bool:
    """Whether a value is starred out when it is shown."""
    if value is None:
        return False
    line = f"{name.rpartition('.')[2]} = {one_line(plain(value))}"
    return veiled(line) != line


def next_words(change: JobChange, now: datetime, zone: tzinfo) -> str:
    """When the job is due now, and when it was before, if that differs."""
    if change.new is None:
        return "its history stays"
    new = coming(change.new, now)
    was = coming(change.old, now) if change.old else []
    if not new:
        words = rhythm(change.new, now)
    else:
        words = f"next {slot_words(new, zone, change.new.timezone.info)}"
    if change.old is None or new == was:
        return words
    return f"{words} ({_was(was, new, zone)})"


def _was(was: Sequence[datetime], new: Sequence[datetime], zone: tzinfo) -> str:
    if not was:
        return "was not planned"
    # Told behind the new one, it leaves out what both share.
    return f"was {slot_words([*new, *was], zone, zone).split(', ')[-1]}"


def _job_lines(change: JobChange, width: int, now: datetime, zone: tzinfo) -> Iterator[str]:
    margin = f"  {change.name:{width}}   "
    after = next_words(change, now, zone)
    if change.old is None or change.new is None:
        yield f"{margin}{'added' if change.new else 'removed'}    {after}"
    elif not change.keys:
        yield f"{margin}by what it shares    {after}"
    else:
        first, *others = map(_key_words, change.keys)
        yield f"{margin}{first}    {after}"
        yield from (f"{'':{len(margin)}}{words}" for words in others)


def _key_words(one: Difference) -> str:
    return f"{one.key}  {value_words(one.key, one.old)}  ->  {value_words(one.key, one.new)}"


def _sections(draft: Draft) -> Iterator[list[str]]:
    """A line for each key outside the jobs."""
    for holder, keys in differences(draft.old, draft.new).items():
        if holder[:1] != ("jobs",):
            name = f"[{key(holder)}]   " if holder else ""
            yield [f"  {name}{_key_words(one)}" for one in keys]


def _count(draft: Draft, changes: Sequence[JobChange]) -> str:
    if draft.before is None and not changes:
        return f"The file is whole again: {numbered(len(draft.after.jobs), 'job')}"
    added = sum(change.old is None for change in changes)
    removed = sum(change.new is None for change in changes)
    changed = len(changes) - added - removed
    if draft.before is None:
        return f"The file is whole again; {numbered(len(changes), 'job')} touched"
    counts = [(changed, "changed"), (added, "added"), (removed, "removed")]
    words = [(number, word) for number, word in counts if number]
    if not words:
        return "No job changed"
    (number, word), *others = words
    return ", ".join([f"{numbered(number, 'job')} {word}", *(f"{n} {w}" for n, w in others)])


def _tables(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return {}


def _flat(value: Any, path: Path = ()) -> dict[Path, Any]:
    """Each value that is no table, by its whole path."""
    if not isinstance(value, dict):
        return {path: value}
    return {
        at: one for name, inner in value.items() for at, one in _flat(inner, (*path, name)).items()
    }


def _differ(old: Any, new: Any) -> bool:
    return type(old) is not type(new) or bool(old != new)

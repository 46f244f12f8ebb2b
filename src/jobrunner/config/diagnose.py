"""Everything that is wrong with a table, told key by key; only asked once something is.

The types of the model are walked beside the value.  What is found must be exactly what the quick
conversion refuses: a test holds the two against each other.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from msgspec import inspect

from jobrunner.config.decode import DECODERS, SEVERAL
from jobrunner.config.finding import Refusal
from jobrunner.config.position import Path
from jobrunner.config.short import MOST, SHORTS, texts
from jobrunner.config.spelling import meant, quoted, told
from jobrunner.config.zone import LOCAL
from jobrunner.model.job import Calendar, Job
from jobrunner.model.settings import Channel
from jobrunner.model.value import Days, Duration, Moment, Moments, Size, Windows, Words, Zone

# Fields that no key sets.
NO_KEYS: dict[type, set[str]] = {Job: {"name", "origin"}, Calendar: {"days"}, Channel: {"name"}}


class Flaw(NamedTuple):
    """What is wrong at a path below the table that was looked at."""

    path: Path
    refusal: Refusal
    value: object = None
    at_key: bool = False


@cache
def fields(struct: type) -> dict[str, inspect.Field]:
    """The keys of a table and their types."""
    kind = inspect.type_info(struct)
    assert isinstance(kind, inspect.StructType)
    hidden = NO_KEYS.get(struct, set())
    return {field.name: field for field in kind.fields if field.name not in hidden}


def flaws(struct: type, table: object, path: Path = ()) -> Iterator[Flaw]:
    """Every flaw of a table that should be a `struct`."""
    if not isinstance(table, dict):
        yield Flaw(path, Refusal("E102", f"expected a table, found {told(table)}"), table)
        return
    known = fields(struct)
    shorts = SHORTS if struct is Job else {}
    for key, value in table.items():
        at = (*path, key)
        if key in shorts and type(value) is shorts[key].type:
            yield from _checked(shorts[key].check, value, at)
        elif key in known:
            yield from _flaws(known[key].type, texts(value) if key == "env" else value, at)
        elif key not in shorts:
            yield Flaw(at, _unknown(key, path, {*known, *shorts}), at_key=True)
        else:
            message = f"expected a whole number, found {told(value)}"
            yield Flaw(at, Refusal("E102", message), value)
    if struct is Job and {"retries", "retry"} <= table.keys():
        message = "`retries` is short for `retry.attempts`: give one of the two"
        yield Flaw((*path, "retries"), Refusal("E131", message), at_key=True)
    for key, field in known.items():
        if field.required and key not in table and struct is not Job:
            message = f"`{key}` is missing"
            yield Flaw(path, Refusal("E116", message), at_key=True)


def _unknown(key: str, path: Path, known: set[str]) -> Refusal:
    where = f" in [{'.'.join(map(str, path))}]" if path else ""
    return Refusal("E101", f"unknown key {quoted(key)}{where}", meant(key, known))


def _checked(check: Any, value: object, path: Path) -> Iterator[Flaw]:
    try:
        check(value)
    except Refusal as refusal:
        yield Flaw(path, refusal, value)


def _flaws(kind: inspect.Type, value: Any, path: Path) -> Iterator[Flaw]:
    match kind:
        case inspect.Metadata():
            description = (kind.extra_json_schema or {}).get("description", "")
            yield from _described(kind.type, value, path, description)
        case inspect.UnionType():
            yield from _union(kind, value, path)
        case inspect.CustomType(cls=cls) | inspect.StructType(cls=cls) if cls in DECODERS:
            yield from _custom(cls, value, path)
        case inspect.StructType():
            yield from flaws(kind.cls, value, path)
        case inspect.DictType() if isinstance(value, dict):
            yield from _mapping(kind, value, path)
        case inspect.VarTupleType() if isinstance(value, list):
            yield from _list(kind, value, path)
        case inspect.AnyType():
            return
        case _:
            yield from _scalar(kind, value, path)


def _described(kind: inspect.Type, value: Any, path: Path, description: str) -> Iterator[Flaw]:
    """A string with a pattern; the type's description says what it should be."""
    if isinstance(kind, inspect.StrType) and kind.pattern and isinstance(value, str):
        if not re.search(kind.pattern, value):
            yield Flaw(path, Refusal("E113", f"{told(value)} is not {description}"), value)
        return
    yield from _flaws(kind, value, path)


def _union(kind: inspect.UnionType, value: Any, path: Path) -> Iterator[Flaw]:
    """One of several types: the one whose TOML type the value has is meant."""
    types = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    if len(types) == 1:
        yield from _flaws(types[0], value, path)
        return
    for one in types:
        if kind_of(one) == _toml_kind(value):
            yield from _flaws(one, value, path)
            return
    wanted = " or ".join(kind_of(one) for one in types)
    yield Flaw(path, Refusal("E102", f"expected {wanted}, found {told(value)}"), value)


def _custom(cls: type, value: Any, path: Path) -> Iterator[Flaw]:
    if isinstance(value, cls) or (cls is Zone and value == LOCAL):
        return
    if cls in SEVERAL and isinstance(value, list):
        for index, one in enumerate(value):
            yield from _checked(SEVERAL[cls], one, (*path, index))
    else:
        yield from _checked(SEVERAL.get(cls, DECODERS[cls]), value, path)


def _mapping(kind: inspect.DictType, table: dict[str, Any], path: Path) -> Iterator[Flaw]:
    for key, value in table.items():
        at = (*path, key)
        for flaw in _flaws(kind.key_type, key, at):
            yield flaw._replace(at_key=True)
        yield from _flaws(kind.value_type, value, at)


def _list(kind: inspect.VarTupleType, values: list[Any], path: Path) -> Iterator[Flaw]:
    for index, value in enumerate(values):
        yield from _flaws(kind.item_type, value, (*path, index))
    if kind.min_length and len(values) < kind.min_length:
        yield Flaw(path, Refusal("E116", "an empty list says nothing here"), values)


def _scalar(kind: inspect.Type, value: Any, path: Path) -> Iterator[Flaw]:
    if kind_of(kind) != _toml_kind(value):
        message = f"expected {kind_of(kind)}, found {told(value)}"
        yield Flaw(path, Refusal("E102", message), value)
    elif isinstance(kind, inspect.LiteralType) and value not in kind.values:
        words = [str(word) for word in kind.values]
        hint = meant(value, words) or "write one of: " + ", ".join(words)
        yield Flaw(path, Refusal("E104", f"{told(value)} is none of the choices", hint), value)
    elif isinstance(kind, inspect.IntType):
        yield from _number(kind, value, path)
    elif isinstance(kind, inspect.StrType) and kind.pattern and not re.search(kind.pattern, value):
        yield Flaw(path, Refusal("E113", f"{told(value)} cannot stand here"), value)


def _number(kind: inspect.IntType, value: int, path: Path) -> Iterator[Flaw]:
    least = kind.ge if kind.ge is not None else -MOST
    most = kind.le if kind.le is not None else MOST
    if not least <= value <= most:
        span = f"a number from {least} on" if value < least else f"in {least}-{most}"
        yield Flaw(path, Refusal("E103", f"{told(value)} is not {span}"), value)


KINDS: dict[type, str] = {
    inspect.StrType: "a string",
    inspect.LiteralType: "a string",
    inspect.IntType: "a whole number",
    inspect.BoolType: "true or false",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a table",
    inspect.StructType: "a table",
    inspect.AnyType: "a value",
}
CUSTOM_KINDS: dict[type, str] = {
    Duration: "a duration",
    Size: "a size",
    Moment: "a date",
    Moments: "a date-time or a list",
    Days: "a date or a list",
    Windows: "a string or a list",
    Words: "a string or a list",
}


def kind_of(kind: inspect.Type) -> str:
    """What a value of this type is called in a message."""
    if isinstance(kind, inspect.Metadata):
        return kind_of(kind.type)
    if isinstance(kind, inspect.CustomType | inspect.StructType) and kind.cls in DECODERS:
        return CUSTOM_KINDS.get(kind.cls, "a string")
    return KINDS[type(kind)]


TOML_KINDS: dict[type, str] = {
    bool: "true or false",
    str: "a string",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


def _toml_kind(value: object) -> str:
    return TOML_KINDS.get(type(value), "a date" if isinstance(value, date) else "something else")

"""Values and blocks as a person would write them in jobs.toml."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from jobrunner.config.edit.scan import Path, scan

WIDTH = 88
BARE_NAME = re.compile(r"[A-Za-z0-9_-]+")
END_OF_TEXT = re.compile(r'"(?=""|\Z)')
MANY_LINES = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*\n[^\x00-\x08\x0b-\x1f\x7f]*")


def key(path: Path) -> str:
    """A dotted key, quoted where it must be."""
    return ".".join(name if BARE_NAME.fullmatch(name) else _basic(name) for name in path)


def plain(value: Any) -> Any:
    """The value as tomllib would read it: lists and dictionaries, whatever it was."""
    return tomllib.loads(tomli_w.dumps({"x": value}))["x"]


def literal(value: Any) -> str:
    """A plain value to the right of an equals sign: on one line, unless it is long."""
    if isinstance(value, str) and MANY_LINES.fullmatch(value):
        return _lines(value)
    line = one_line(value)
    if isinstance(value, list) and len(line) > WIDTH:
        return "[\n" + "".join(f"    {one_line(item)},\n" for item in value) + "]"
    return line


def block(path: Path, table: Mapping[str, Any]) -> str:
    """A table under a header of its own, its tables under theirs."""
    nested: Mapping[str, Any] = table
    for name in reversed(path):
        nested = {name: nested}
    text = tomli_w.dumps(nested)
    document = tomllib.loads(text)
    # tomli-w puts each element of a list on a line, and a text of many lines on one.
    for statement in reversed(scan(text)):
        if not statement.is_header:
            start, end = statement.pair.value
            text = text[:start] + literal(_at(document, statement.pair.path)) + text[end:]
    return text


def _at(document: Mapping[str, Any], path: Path) -> Any:
    value: Any = document
    for name in path:
        value = value[name]
    return value


def one_line(value: Any) -> str:
    """A plain value on one line, as inside an inline table."""
    match value:
        case dict():
            pairs = ", ".join(f"{key((name,))} = {one_line(item)}" for name, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list():
            return "[" + ", ".join(map(one_line, value)) + "]"
        case str():
            return _basic(value)
    return tomli_w.dumps({"x": value})[4:-1]


def _basic(text: str) -> str:
    # A text full of quotes or backslashes reads better when none of them is escaped.
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return tomli_w.dumps({"x": text})[4:-1]


def _lines(text: str) -> str:
    escaped = END_OF_TEXT.sub(r'\\"', text.replace("\\", "\\\\"))
    return f'"""\n{escaped}"""'

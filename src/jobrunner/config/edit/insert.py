"""Puts new text where it belongs, in the file's own manner: its line ends, its indentation."""

import re
from typing import Any

from jobrunner.config.edit.literal import key, literal, one_line
from jobrunner.config.edit.scan import Pair, Path, Statement, every_pair, scan

FIRST_DIRECTIVE = re.compile(r"#[:!][^\n]*\n")


def append(text: str, block: str) -> str:
    """The block at the end, an empty line before it."""
    gap = "" if not text.strip() else "\n" * (2 - text.endswith("\n"))
    return text + _in_manner(gap + block, text)


def assign(text: str, path: Path, value: Any) -> str:
    """The value in the place of the old one, or its key where the others of its table are."""
    statements = scan(text)
    pairs = list(every_pair(s.pair for s in statements if not s.is_header))
    if old := next((pair for pair in pairs if pair.path == path), None):
        return _spliced(text, old.value, literal(value))
    if outer := _inline_above(text, pairs, path):
        return _into_inline(text, outer, path, value)
    if beside := _last_beside(statements, path[:-1]):
        return _behind(text, beside, path, value)
    if len(path) == 1:
        return _on_top(text, f"{key(path)} = {literal(value)}\n", statements)
    return append(text, f"[{key(path[:-1])}]\n{key(path[-1:])} = {literal(value)}\n")


def _inline_above(text: str, pairs: list[Pair], path: Path) -> Pair | None:
    """The innermost inline table on the way to this path."""
    above = [p for p in pairs if p.path == path[: len(p.path)] and text[p.value[0]] == "{"]
    return max(above, key=lambda pair: len(pair.path), default=None)


def _into_inline(text: str, outer: Pair, path: Path, value: Any) -> str:
    new = f"{key(path[len(outer.path) :])} = {one_line(value)}"
    if outer.inside:
        end = outer.inside[-1].span[1]
        return _spliced(text, (end, end), f", {new}")
    return _spliced(text, outer.value, f"{{ {new} }}")


def _last_beside(statements: list[Statement], table: Path) -> Statement | None:
    """The last statement of this table: its header or what stands under it, or its dotted keys."""
    beside = (
        statement
        for statement in reversed(statements)
        if len(statement.table) <= len(table) and statement.pair.path[: len(table)] == table
    )
    return next(beside, None)


def _behind(text: str, beside: Statement, path: Path, value: Any) -> str:
    """A line for this key behind a statement of its table, indented like it."""
    start, end = beside.span
    indent = "" if beside.is_header else text[start : beside.pair.span[0]]
    line = f"{indent}{key(path[len(beside.table) :])} = {literal(value)}\n"
    if not text[:end].endswith("\n"):
        line = "\n" + line
    return _spliced(text, (end, end), line)


def _on_top(text: str, line: str, statements: list[Statement]) -> str:
    """A line before the first header, because behind it the key would be another table's."""
    directive = FIRST_DIRECTIVE.match(text)
    at = directive.end() if directive else 0
    return _spliced(text, (at, at), line + "\n" * bool(statements))


def _spliced(text: str, span: tuple[int, int], new: str) -> str:
    return text[: span[0]] + _in_manner(new, text) + text[span[1] :]


def _in_manner(new: str, text: str) -> str:
    """With the line ends of the text, which its first line shows."""
    first = text.find("\n")
    return new.replace("\n", "\r\n") if first > 0 and text[first - 1] == "\r" else new

"""Takes a key or a table out, with the comments that are its own."""

import re
from collections.abc import Iterable
from itertools import groupby, takewhile

from jobrunner.config.edit.scan import Pair, Path, Span, comments, every_pair, scan

LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A directive, `#:schema`, is the file's and not the table's below it.
COMMENT = re.compile(r"[ \t]*#(?![:!])")


def cut(text: str, path: Path) -> tuple[str, list[str]]:
    """The text without what is below this path, and the comments that went with it."""
    lost: list[str] = []
    for start, end in reversed(_blocks(text, path)):
        lost += comments(text[start:end])
        text = text[:start] + text[end:]
    while span := _inside(text, path):
        text = text[: span[0]] + text[span[1] :]
    return text, lost


def _blocks(text: str, path: Path) -> list[Span]:
    """The lines of each unbroken run of statements below the path."""
    statements = scan(text)
    runs = groupby(range(len(statements)), lambda n: _is_below(statements[n].pair, path))
    spans = []
    for run in (list(run) for is_below, run in runs if is_below):
        first, last, following = statements[run[0]], statements[run[-1]], run[-1] + 1
        above = text[statements[run[0] - 1].span[1] if run[0] else 0 : first.span[0]]
        is_last = following == len(statements)
        below = text[last.span[1] : len(text) if is_last else statements[following].span[0]]
        start, end = first.span[0], last.span[1]
        if last.table[: len(path)] == path:
            end += _own_below(below, is_last=is_last)
        if first.is_header:
            start, end = _with_gaps(text, start - _own_above(above), end)
        spans.append((start, end))
    return spans


def _own_above(gap: str) -> int:
    """The length of the comments that touch what is below the gap."""
    return _length(takewhile(_is_comment, reversed(LINE.findall(gap))))


def _own_below(gap: str, *, is_last: bool) -> int:
    """The length of the comments that touch what is above the gap, and not a header below it."""
    length = _length(takewhile(_is_comment, LINE.findall(gap)))
    return 0 if length == len(gap) and not is_last else length


def _with_gaps(text: str, start: int, end: int) -> Span:
    """The span and the empty lines on one side of it, if there are such on both."""
    below = _length(takewhile(_is_empty, LINE.findall(text[end:])))
    if not below and end < len(text):
        return start, end
    above = _length(takewhile(_is_empty, reversed(LINE.findall(text[:start]))))
    return (start - above, end) if above < start else (0, end + below)


def _inside(text: str, path: Path) -> Span | None:
    """An entry of an inline table that is below the path, with the comma that goes with it."""
    for outer in every_pair(statement.pair for statement in scan(text)):
        for number, entry in enumerate(outer.inside):
            if _is_below(entry, path):
                return _with_comma(outer, number)
    return None


def _with_comma(outer: Pair, number: int) -> Span:
    spans = [entry.span for entry in outer.inside]
    if len(spans) == 1:
        return outer.value[0] + 1, outer.value[1] - 1
    if number + 1 < len(spans):
        return spans[number][0], spans[number + 1][0]
    return spans[number - 1][1], spans[number][1]


def _is_below(pair: Pair, path: Path) -> bool:
    return pair.path[: len(path)] == path


def _is_comment(line: str) -> bool:
    return COMMENT.match(line) is not None


def _is_empty(line: str) -> bool:
    return not line.strip()


def _length(lines: Iterable[str]) -> int:
    return sum(map(len, lines))

"""Cuts a file of SQL into its statements, at each semicolon that ends one."""

import re
from collections.abc import Iterator

# What may hold a semicolon that ends nothing: quotes, comments, and PostgreSQL's dollar quotes.
PIECE = re.compile(
    r"""
      '(?:[^'\\]|''|\\.)*'
    | "(?:[^"]|"")*"
    | `[^`]*`
    | --[^\n]*
    | /\*.*?\*/
    | \$(?P<tag>[A-Za-z_]?\w*)\$.*?\$(?P=tag)\$
    | (?P<end>;)
    """,
    re.DOTALL | re.VERBOSE,
)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def statements(text: str) -> Iterator[str]:
    """Each statement that is more than comments, without its semicolon."""
    start = 0
    for piece in PIECE.finditer(text):
        if piece["end"]:
            yield from _told(text[start : piece.start()])
            start = piece.end()
    yield from _told(text[start:])


def _told(statement: str) -> Iterator[str]:
    if COMMENT.sub("", statement).strip():
        yield statement.strip()

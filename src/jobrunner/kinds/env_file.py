"""Files of variables: KEY=VALUE lines, as a shell, systemd and docker write them.

1. Empty lines, and lines that begin with "#" or ";", say nothing.
2. "export" may stand before the name.
3. A value without quotes is what follows up to the end of the line, blanks around it apart.
4. In single quotes everything stands for itself, in double quotes a backslash guards one of
   " $ ` and itself, and takes a line's end away.  Both may span lines; a comment may follow.
5. Nothing is expanded: "$HOME" are five characters.
6. Of two lines with one name the later counts.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

NOTHING = re.compile(r"[ \t]*(?:[#;][^\n]*)?(?:\n|\Z)")
NAMED = re.compile(r"[ \t]*(?:export[ \t]+)?([^\s=]+)=[ \t]*")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DOUBLE = re.compile(r'"([^"\\]*(?:\\[\s\S][^"\\]*)*)"')
SINGLE = re.compile(r"'([^']*)'")
BARE = re.compile(r"[^\n]*")
END = re.compile(r"(?:[ \t]+#[^\n]*|[ \t]*)(?:\n|\Z)")
GUARDED = re.compile(r'\\(?:(["$`\\])|\n)')


class Variables(Struct, frozen=True):
    """What a file sets, and what is wrong in it, by line and without showing any of it."""

    values: Mapping[str, str]
    problems: tuple[str, ...] = ()


def parse(content: bytes) -> Variables:
    """The variables of a file's content."""
    try:
        text = content.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return Variables({}, (_told(content[: error.start].count(b"\n"), "it is not UTF-8"),))
    values: dict[str, str] = {}
    problems: list[str] = []
    at = 0
    while at < len(text):
        if nothing := NOTHING.match(text, at):
            at = nothing.end()
            continue
        try:
            name, value, at = _assigned(text, at)
            values[name] = value
        except ValueError as error:
            problems.append(_told(text.count("\n", 0, at), str(error)))
            at = text.find("\n", at) + 1 or len(text)
    return Variables(values, tuple(problems))


def _assigned(text: str, at: int) -> tuple[str, str, int]:
    """Name and value of the line that begins there, and where the next one does."""
    named = NAMED.match(text, at)
    if not named:
        raise ValueError("it is not NAME=VALUE")
    if not NAME.fullmatch(named[1]):
        raise ValueError("what stands before = is not the name of a variable")
    value, at = _value(text, named.end())
    if "\0" in value:
        raise ValueError("it holds a NUL character, which no variable can carry")
    return named[1], value, at


def _value(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] not in {'"', "'"}:
        bare = BARE.match(text, at)
        assert bare is not None
        return bare[0].rstrip(), bare.end() + 1
    is_double = text[at] == '"'
    quoted = (DOUBLE if is_double else SINGLE).match(text, at)
    if not quoted:
        raise ValueError("its quote is not closed")
    end = END.match(text, quoted.end())
    if not end:
        raise ValueError("something follows its closing quote")
    return GUARDED.sub(r"\1", quoted[1]) if is_double else quoted[1], end.end()


def _told(line: int, what: str) -> str:
    return f"line {line + 1}: {what}"

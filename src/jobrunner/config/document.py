"""One TOML file: its text, its tables, and how a place in it is told."""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from jobrunner.config.position import Path, Spot, spots
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.secret import veiled

PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
# A key of so many parts takes tomllib a time that grows with the square of their number.
DOTTED = re.compile(
    r"""(?m:^|[\[{,])[ \t]*+(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){64}"""
)
NUL = re.compile(r"\\(?:u0000|U00000000)")
DIGITS = re.compile(r"[0-9_]{4000,}")


class Document:
    """A file that tomllib has accepted.  Positions are looked for when the first is asked for."""

    def __init__(
        self,
        origin: str,
        text: str,
        tables: dict[str, Any],
        known: Mapping[Path, Spot] | None = None,
    ) -> None:
        self.origin = origin
        self.text = text
        self.tables = tables
        self._known = known

    @cached_property
    def _spots(self) -> Mapping[Path, Spot]:
        return spots(self.text) if self._known is None else self._known

    @property
    def defaults(self) -> dict[str, Any]:
        """What [defaults] says, if it is a table."""
        table = self.tables.get("defaults")
        return table if isinstance(table, dict) else {}

    def span(self, path: Path, *, key: bool) -> tuple[int, int]:
        """The offsets of the key or value at `path`, or of the nearest thing that holds it."""
        for length in range(len(path), 0, -1):
            spot = self._spots.get(path[:length])
            if spot:
                return spot.key if key and length == len(path) else spot.value
        return (0, 0)

    def unusable(self) -> Iterator[Path]:
        """Where strings and keys hold NUL; the text must spell it out, so most are not searched."""
        if NUL.search(self.text):
            yield from _nuls(self.tables)

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, offset: int) -> tuple[int, int, str]:
        """Line and column of an offset, from 1, and the line as it may be shown."""
        line = bisect_right(self._lines, offset)
        begins = self._lines[line - 1]
        ends = self._lines[line] - 1 if line < len(self._lines) else len(self.text)
        return line, offset - begins + 1, veiled(self.text[begins:ends])

    def inside(self, span: tuple[int, int], value: str, piece: tuple[int, int]) -> tuple[int, int]:
        """The offsets of a piece of a string, if the text spells the string as it is."""
        start, stop = span
        for quotes in (0, 1, 3):
            if self.text[start + quotes : stop - quotes] == value:
                return (start + quotes + piece[0], start + quotes + piece[1])
        return span


def _nuls(tables: dict[str, Any]) -> Iterator[Path]:
    """Without recursion: dotted keys nest as deep as they please."""
    ahead: list[tuple[Path, Any]] = [((), tables)]
    while ahead:
        path, value = ahead.pop()
        if isinstance(value, dict):
            ahead += [((*path, key), one) for key, one in value.items()]
        elif isinstance(value, list):
            ahead += [((*path, index), one) for index, one in enumerate(value)]
        if any(isinstance(text, str) and "\0" in text for text in (value, *path[-1:])):
            yield path


def read(origin: str, content: str | bytes) -> Document:
    """The document that `content` is; a ConfigError when it is none."""
    text = _text(origin, content)
    bomb = DOTTED.search(text)
    if bomb:
        raise ConfigError([at(origin, text, bomb.end() - 1, "this key has too many dotted parts")])
    try:
        return Document(origin, text, tomllib.loads(text))
    except RecursionError:
        message = "tables or lists are nested too deeply"
        raise ConfigError([Problem(code="E100", message=message, file=origin)]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(origin, text, error)]) from None
    except ValueError:
        digits = DIGITS.search(text)
        offset = digits.start() if digits else 0
        raise ConfigError([at(origin, text, offset, "this number has too many digits")]) from None


def at(origin: str, text: str, offset: int, message: str) -> Problem:
    """A problem of syntax at an offset of the text."""
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return _on_line(origin, text, line, column, message)


def _text(origin: str, content: str | bytes) -> str:
    # Half a surrogate pair is no text either; as bytes it is refused like any other such byte.
    encoded = content.encode(errors="surrogatepass") if isinstance(content, str) else content
    return decoded(origin, encoded)


def decoded(origin: str, content: bytes) -> str:
    """The text of a file, with plain newlines; a ConfigError when it is not UTF-8."""
    try:
        return content.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        readable = content[: error.start].decode()
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise ConfigError([at(origin, readable, len(readable), message)]) from None


def _syntax(origin: str, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    """tomllib tells the place at the end of its message; no attributes before Python 3.14."""
    place = PLACE.search(str(error))
    message = PLACE.sub("", str(error))
    message = message[:1].lower() + message[1:]
    if place and place[1]:
        return _on_line(origin, text, int(place[1]), int(place[2]), message)
    return at(origin, text, len(text.rstrip("\n")), message)


def _on_line(origin: str, text: str, line: int, column: int, message: str) -> Problem:
    return Problem(
        code="E100",
        message=message,
        file=origin,
        line=line,
        column=column,
        source=veiled(text.split("\n")[line - 1]),
    )

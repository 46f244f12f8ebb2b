"""A TOML text as its statements: where each header, key and value stands.

Only for text that tomllib has accepted; it finds the ends, it checks nothing.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jobrunner.config.lexis import BARE, BLANK, NAME, SPACE, TEXT, name_of

Path = tuple[str, ...]
Span = tuple[int, int]

REST = re.compile(r"[^\n]*\n?")
KEY = re.compile(rf"(?:{NAME.pattern})(?:[ \t]*\.[ \t]*(?:{NAME.pattern}))*")
COMMENT = re.compile(rf"{TEXT.pattern}|(#[^\n]*)")


class Part(NamedTuple):
    """One name of a dotted key: the whole path down to it, and where the name stands."""

    path: Path
    span: Span


class Pair(NamedTuple):
    """`key = value`, or a header, which has no value of its own."""

    key: tuple[Part, ...]
    value: Span
    inside: tuple["Pair", ...] = ()  # of an inline table
    elements: tuple[Span, ...] = ()  # of a list

    @property
    def path(self) -> Path:
        return self.key[-1].path

    @property
    def span(self) -> Span:
        return self.key[0].span[0], self.value[1]


class Statement(NamedTuple):
    """One header or pair and the whole lines that it takes, a comment behind it included."""

    span: Span
    pair: Pair
    table: Path  # the header that it stands under, or is
    is_header: bool


def comments(text: str) -> list[str]:
    """Every comment of the text, in order."""
    return [found[1].rstrip() for found in COMMENT.finditer(text) if found[1]]


def split(dotted: str) -> Path:
    """The names of a dotted key as it is typed: `jobs."a.b".cron`; ValueError if it is none."""
    if not KEY.fullmatch(dotted):
        raise ValueError(dotted)
    return tuple(name_of(found[0]) for found in NAME.finditer(dotted))


def scan(text: str) -> list[Statement]:
    """The statements of the text, in order."""
    return _Scan(text).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def run(self) -> list[Statement]:
        found: list[Statement] = []
        table: Path = ()
        self._skip(BLANK)
        while self.at < len(self.text):
            start = self.text.rfind("\n", 0, self.at) + 1
            is_header = self.text[self.at] == "["
            pair = self._header() if is_header else self._pair(table)
            table = pair.path if is_header else table
            self._skip(REST)
            found.append(Statement((start, self.at), pair, table, is_header))
            self._skip(BLANK)
        return found

    def _skip(self, pattern: re.Pattern[str]) -> Span:
        match = pattern.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return match.span()

    def _header(self) -> Pair:
        while self.text[self.at] == "[":
            self.at += 1
        key = self._key(())
        return Pair(key, (self.at, self.at))

    def _key(self, path: Path) -> tuple[Part, ...]:
        """A dotted key; ends behind the space after it."""
        parts = []
        while True:
            self._skip(SPACE)
            span = self._skip(NAME)
            path = (*path, name_of(self.text[slice(*span)]))
            parts.append(Part(path, span))
            self._skip(SPACE)
            if self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def _pair(self, table: Path) -> Pair:
        key = self._key(table)
        self.at += 1
        self._skip(SPACE)
        start = self.at
        inside, elements = self._value(key[-1].path)
        return Pair(key, (start, self.at), tuple(inside), tuple(elements))

    def _value(self, path: Path) -> tuple[list[Pair], list[Span]]:
        """Skip a value, and tell what an inline table or a list holds."""
        match self.text[self.at]:
            case "{":
                return [self._pair(path) for _ in self._items("}")], []
            case "[":
                return [], [self._element() for _ in self._items("]")]
            case '"' | "'":
                self._skip(TEXT)
            case _:
                self._skip(BARE)
        return [], []

    def _element(self) -> Span:
        start = self.at
        self._value(())
        return start, self.at

    def _items(self, end: str) -> Iterator[None]:
        """Stand before each item in turn, at last behind the end."""
        self.at += 1
        self._skip(BLANK)
        while self.text[self.at] != end:
            yield
            self._skip(BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(BLANK)
        self.at += 1


def every_pair(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """These pairs and all that stand inside them."""
    for pair in pairs:
        yield pair
        yield from every_pair(pair.inside)

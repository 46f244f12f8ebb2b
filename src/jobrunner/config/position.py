"""Where in a TOML text each key and value stands.

Only for text that tomllib has accepted, and only once something is wrong with what it says: one
pass over the text, without a grammar of its own beyond what it takes to find the ends.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from jobrunner.config.lexis import BARE, BLANK, NAME, SPACE, TEXT, name_of

Path = tuple[str | int, ...]


class Spot(NamedTuple):
    """The offsets of a key and of its value; an element of a list has no key of its own."""

    key: tuple[int, int]
    value: tuple[int, int]


def spots(text: str) -> Mapping[Path, Spot]:
    """Every key path of a valid TOML text, list indices included.

    The value of a table with a header is the header.
    """
    return _Scan(text).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, Spot] = {}
        self.arrays: dict[Path, int] = {}

    def run(self) -> Mapping[Path, Spot]:
        prefix: Path = ()
        self._skip(BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip(BLANK)
        return self.found

    def _skip(self, pattern: re.Pattern[str]) -> tuple[int, int]:
        match = pattern.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return match.span()

    def _header(self) -> Path:
        """[a.b] or [[a.b]]; a list of tables counts its elements."""
        start, is_array = self.at, self.text.startswith("[[", self.at)
        self.at += 1 + is_array
        parts = self._key()
        self.at += 1 + is_array
        path: Path = ()
        for name, span in parts[:-1]:
            path = self._last((*path, name))
            self.found.setdefault(path, Spot(span, (start, self.at)))
        path = (*path, parts[-1][0])
        spot = Spot(parts[-1][1], (start, self.at))
        if is_array:
            self.arrays[path] = self.arrays.get(path, -1) + 1
            self.found.setdefault(path, spot)
            path = self._last(path)
        self.found[path] = spot
        return path

    def _last(self, path: Path) -> Path:
        return (*path, self.arrays[path]) if path in self.arrays else path

    def _key(self) -> list[tuple[str, tuple[int, int]]]:
        """A dotted key as its names and their spans; ends behind the space after it."""
        parts = []
        while True:
            self._skip(SPACE)
            span = self._skip(NAME)
            parts.append((name_of(self.text[slice(*span)]), span))
            self._skip(SPACE)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _pair(self, prefix: Path) -> None:
        """One `key = value`, and whatever the value holds."""
        stack: list[tuple[Path, int]] = []
        self._open(prefix, stack, start=self.at)
        while stack:
            self._skip(BLANK)
            path, index = stack[-1]
            mark = self.text[self.at]
            if mark in "]}":
                self.at += 1
                self._close(stack)
            elif mark == ",":
                self.at += 1
            elif index < 0:
                self._open(path, stack, start=self.at)
            else:
                stack[-1] = (path, index + 1)
                self._value((*path, index), (self.at, self.at), stack)

    def _open(self, prefix: Path, stack: list[tuple[Path, int]], start: int) -> None:
        """A key of a table, up to where its value ends or begins to hold others."""
        parts = self._key()
        self.at += 1
        self._skip(SPACE)
        path = prefix
        for name, span in parts[:-1]:
            path = (*path, name)
            self.found.setdefault(path, Spot(span, (start, start)))
        self._value((*path, parts[-1][0]), parts[-1][1], stack)

    def _value(self, path: Path, key: tuple[int, int], stack: list[tuple[Path, int]]) -> None:
        mark = self.text[self.at]
        if mark in "[{":
            self.found[path] = Spot(key, (self.at, self.at))
            self.at += 1
            stack.append((path, 0 if mark == "[" else -1))
            return
        value = self._skip(TEXT if mark in "\"'" else BARE)
        self.found[path] = Spot(key if key[0] != key[1] else value, value)

    def _close(self, stack: list[tuple[Path, int]]) -> None:
        path, _ = stack.pop()
        key, (start, _) = self.found[path]
        span = (start, self.at)
        self.found[path] = Spot(key if key[0] != key[1] else span, span)

"""Blots secrets out of what a job wrote, and looks for patterns in it; also a program that does so.

It needs nothing but the standard library: patterns may take for ever, so that they are tried in a
process apart, which is given this text and bounds of the kernel's (see review.py).
"""

import errno
import json
import os
import re
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

STARS = b"***"
WINDOW = 64 * 1024  # of a line that is longer, so much is looked at a time
RESERVE = 4 * 1024  # and so much again with the next
CHUNK = 256 * 1024
SHORTEST = 4  # bytes; what is shorter stands in every other word
BREAK = re.compile(rb"[\r\n]")
FILE = 3
MOST_MEMORY = 1 << 30
PATIENCE = 10  # on a busy host a second of CPU takes a while
LOST = "surrogateescape"  # bytes that are no text come back as they were

Span = tuple[int, int]
Piece = tuple[bytes, bool]  # and whether it is a secret


class Redactor:
    """Knows what is secret: certain words, wherever they stand, and what patterns find in a line.

    A pattern that finds nothing at all, as `x*` may, hides nothing.
    """

    def __init__(self, words: Iterable[str] = (), patterns: Iterable[str] = ()) -> None:
        self.words = sorted({word.encode("utf-8", LOST) for word in words}, key=len, reverse=True)
        self.patterns = [_compiled(pattern) for pattern in patterns]
        # The longest first: of two secrets that begin alike, all of the longer one is hidden.
        self._word = re.compile(b"|".join(map(re.escape, self.words))) if self.words else None
        self.reserve = max([RESERVE, *map(len, self.words)])
        self.window = max(WINDOW, 2 * self.reserve)

    def __bool__(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self.words or self.patterns)

    def stream(self) -> "Stream":
        """For bytes that come by and by."""
        return Stream(self)

    def text(self, text: str) -> str:
        """The text with each secret as three stars."""
        shown = b"".join(self.pieces([text.encode("utf-8", "surrogatepass")]))
        return shown.decode("utf-8", "surrogatepass")

    def pieces(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same of bytes in pieces; a secret that lies across two of them is hidden too."""
        stream = Stream(self)
        for piece in pieces:
            yield stream.feed(piece)
        yield stream.end()

    def spans(self, block: bytes) -> list[Span]:
        """Where the secrets of a block lie, in order, none of them overlapping."""
        found = [match.span() for match in self._word.finditer(block)] if self._word else []
        if self.patterns:
            found += self._found(block.rstrip(b"\r\n"))
        return _merged(found)

    def _found(self, line: bytes) -> Iterator[Span]:
        text = line.decode("utf-8", LOST)
        for pattern in self.patterns:
            for match in pattern.finditer(text):
                start, end = match.span()
                if start < end:
                    yield _offset(text, start), _offset(text, end)


class Stream:
    """Redacts what comes in pieces; what is not decided yet is held back until it is.

    Without patterns that is only what may be the beginning of a secret, else the line.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = bytearray()

    @property
    def held(self) -> int:
        """So many bytes wait for those that follow."""
        return len(self._held)

    def feed(self, piece: bytes) -> bytes:
        """What can be shown once this piece is there."""
        return b"".join(STARS if hidden else each for each, hidden in self.parts(piece))

    def end(self) -> bytes:
        """What can be shown once there is no more."""
        return b"".join(STARS if hidden else each for each, hidden in self.rest())

    def parts(self, piece: bytes) -> list[Piece]:
        """What is decided by this piece, in order."""
        self._held += piece
        parts: list[Piece] = []
        at = 0
        while decided := self._decided(at):
            at = self._part(at, *decided, parts)
        del self._held[:at]
        return parts

    def rest(self) -> list[Piece]:
        """What was held back, in order."""
        parts: list[Piece] = []
        if self._held:
            self._part(0, len(self._held), len(self._held), parts)
        self._held.clear()
        return parts

    def _decided(self, at: int) -> tuple[int, int] | None:
        """Up to where secrets that begin at `at` or later are known, and how far to look for it."""
        redactor, held = self._redactor, self._held
        if not redactor.patterns:
            ready = self._undecided(at)
            return (ready, len(held)) if ready > at else None
        found = BREAK.search(held, at, at + redactor.window)
        if found:
            return found.end(), found.end()
        if len(held) - at < redactor.window:
            return None
        return at + redactor.window - redactor.reserve, at + redactor.window

    def _undecided(self, at: int) -> int:
        """Where the first word begins that the next piece may complete."""
        words = self._redactor.words
        longest = len(words[0]) if words else 0
        first = max(at, len(self._held) - longest + 1)
        tail = bytes(self._held[first:])
        for start in range(len(tail)):
            if any(word.startswith(tail[start:]) for word in words if word[0] == tail[start]):
                return first + start
        return len(self._held)

    def _part(self, at: int, ready: int, scope: int, parts: list[Piece]) -> int:
        """Add what lies from `at` to `ready`, or to the end of the secret there; where that is."""
        position = at
        for start, end in self._redactor.spans(bytes(self._held[at:scope])):
            if at + start >= ready:
                break
            parts.append((bytes(self._held[position : at + start]), False))
            parts.append((bytes(self._held[at + start : at + end]), True))
            position = at + end
        if position < ready:
            parts.append((bytes(self._held[position:ready]), False))
        return max(position, ready)


def blot(file: int, redactor: Redactor) -> int:
    """Star out the secrets in a file, byte for byte; how many there were.

    It keeps its size and its holes, and whoever still writes to it goes on doing so.  What a hole
    has cut in two is starred out too, if it is a word.
    """
    size = os.fstat(file).st_size
    spans = 0
    for extent in list(_extents(file, size)):
        for found in (_secrets(file, extent, redactor), _edges(file, extent, size, redactor.words)):
            for start, end in found:
                os.pwrite(file, b"*" * (end - start), start)
                spans += 1
    return spans


def read(file: int, start: int, end: int) -> Iterator[bytes]:
    """The bytes of a file between two offsets, in pieces."""
    while start < end:
        piece = os.pread(file, min(CHUNK, end - start), start)
        if not piece:  # cut short meanwhile
            return
        yield piece
        start += len(piece)


def _extents(file: int, size: int) -> Iterator[Span]:
    """Where the file is no hole; all of it on a disk that cannot tell."""
    at = 0
    while at < size:
        try:
            start = os.lseek(file, at, os.SEEK_DATA)
            at = min(os.lseek(file, start, os.SEEK_HOLE), size)
        except OSError as error:
            if error.errno != errno.ENXIO:  # no more of it
                yield at, size
            return
        yield start, at


def _secrets(file: int, extent: Span, redactor: Redactor) -> Iterator[Span]:
    stream = Stream(redactor)
    at = extent[0]
    pieces = (stream.parts(piece) for piece in read(file, *extent))
    for parts in chain(pieces, map(Stream.rest, [stream])):
        for piece, hidden in parts:
            if hidden:
                yield at, at + len(piece)
            at += len(piece)


def _edges(file: int, extent: Span, size: int, words: list[bytes]) -> Iterator[Span]:
    """The part of a word with which the file comes out of a hole, or goes into one."""
    (start, end), longest = extent, len(words[0]) if words else 0
    first = os.pread(file, longest, start) if start else b""
    last = os.pread(file, min(longest, end - start), max(start, end - longest))
    front = _longest(words, lambda word, n: first.startswith(word[-n:]))
    back = _longest(words, lambda word, n: last.endswith(word[:n])) if end < size else 0
    if front:
        yield start, start + front
    if back:
        yield end - back, end


def _longest(words: list[bytes], fits: Callable[[bytes, int], bool]) -> int:
    lengths = (n for word in words for n in range(SHORTEST, len(word)) if fits(word, n))
    return max(lengths, default=0)


def _compiled(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings(action="ignore"):
        return re.compile(pattern)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _offset(text: str, at: int) -> int:
    """How many bytes stand before a character."""
    return at if text.isascii() else len(text[:at].encode("utf-8", LOST))


# -- the program


def main() -> None:
    """Do what standard input orders with the file that is descriptor 3; a line for each answer.

    What is sure to end comes first, so that a pattern without end takes nothing else away.
    """
    order = json.load(sys.stdin.buffer)
    _bound(order["seconds"])
    words, patterns, blots = order["words"], order["patterns"], order["blots"]
    text = _searched(order["ranges"])
    spans = blot(FILE, Redactor(words)) if blots and words else 0
    if blots and not patterns:
        _answer("blotted", spans)
    for key in ("output", "not_output"):
        if order[key]:
            _answer(key, bool(_compiled(order[key]).search(text)))
    redactor = Redactor(words, patterns)
    _answer("texts", [redactor.text(each) for each in order["texts"]])
    if blots and patterns:
        _answer("blotted", spans + blot(FILE, redactor))


def _searched(ranges: list[Span]) -> str:
    parts = (b"".join(read(FILE, start, end)) for start, end in ranges)
    return b"\n...\n".join(parts).decode("utf-8", "replace")


def _bound(seconds: int) -> None:
    """Have the kernel end this process when it has used up its time, or waited for ever."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold the secrets
    for limit, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, MOST_MEMORY)):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hard < 0 else min(most, hard), hard))
    signal.alarm(PATIENCE * seconds)


def _answer(key: str, value: Any) -> None:
    os.write(1, json.dumps({key: value}).encode() + b"\n")


if __name__ == "__main__":
    main()

"""What a run writes, as an event tells it: as text, exactly, or as it looks."""

import codecs
from base64 import b64encode
from typing import Literal, Protocol

from msgspec import Struct

from jobrunner.web.draw.ansi import Paint

Encoding = Literal["text", "base64", "pieces"]


class Written(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was written: as text, in which what is no UTF-8 is replaced; or exactly, as base64.

    Or as it looks: pieces of text, each after the classes that a page gives it, such as "a-f1".
    """

    text: str = ""
    base64: str = ""
    pieces: tuple[tuple[str, str], ...] = ()


class Pen(Protocol):
    """Bytes in, cut anywhere; what was written comes out."""

    @property
    def held(self) -> int:
        """So many bytes wait for those that follow."""

    def write(self, data: bytes) -> Written: ...

    def rest(self) -> Written:
        """What waits, as it is."""


class Plain:
    """Tells text."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def held(self) -> int:
        return len(self._decoder.getstate()[0])

    def write(self, data: bytes) -> Written:
        return Written(text=self._decoder.decode(data))

    def rest(self) -> Written:
        return Written(text=self._decoder.decode(b"", final=True))


class Exact:
    """Tells every byte."""

    held = 0

    def write(self, data: bytes) -> Written:
        return Written(base64=b64encode(data).decode())

    def rest(self) -> Written:
        return Written()


class Painted:
    """Tells how it looks."""

    def __init__(self) -> None:
        self._paint = Paint()

    @property
    def held(self) -> int:
        return self._paint.held

    def write(self, data: bytes) -> Written:
        return Written(pieces=tuple(self._paint.feed(data)))

    def rest(self) -> Written:
        return Written(pieces=tuple(self._paint.end()))


def pen_of(encoding: Encoding) -> Pen:
    match encoding:
        case "text":
            return Plain()
        case "base64":
            return Exact()
    return Painted()

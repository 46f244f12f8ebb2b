"""What jobs print, for a page: pieces of text with classes; nothing else of it has any effect."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from markupsafe import Markup

from jobrunner.config.spelling import spelt_out
from jobrunner.web.draw.palette import of_number, of_rgb
from jobrunner.web.draw.svg import element, join

# How much of a sequence is looked at: who opens one and never ends it hides no more than that.
PARAMETERS = "[0-?]{0,64}[ -/]{0,8}"
STRING = "[^\\x07\\x1b\\n]{0,4096}"
SEQUENCE = re.compile(
    rf"""\x1b\[(?P<style>[0-9;:]{{0,64}})m             # how text looks
    | \x1b\[{PARAMETERS}[@-~]                         # where the cursor goes, what is wiped
    | \x1b[\]PX^_]{STRING}(?:\x07|\x1b\\)             # titles, links and the like
    | \x1b[ -/]{{1,8}}[0-~]                           # character sets
    | \x1b[0-OQ-WYZ\\`-~]                             # single ones
    | (?P<line>\r\n?)                                # where a line ends, or is written over
    | (?P<odd>[^\n\t -~])""",
    re.VERBOSE,
)
# What may become one with what comes next.
OPEN = re.compile(
    rf"(?:\x1b(?:\[{PARAMETERS}|[\]PX^_]{STRING}\x1b?|[ -/]{{0,8}})?|\r)\Z",
)
CONTROL = "a-c"
EXTENDED = {"38": "f", "48": "g", "58": ""}
RGB, NUMBERED = "2", "5"
# The styles that a number gives and takes; text that hides or blinks is shown as any other.
ON = {"1": "b", "2": "d", "3": "i", "4": "u", "7": "v", "9": "s", "21": "u"}
OFF = {"22": "bd", "23": "i", "24": "u", "27": "v", "29": "s"}

Piece = tuple[str, str]


class Paint:
    """Bytes in, in chunks cut anywhere; out come pieces of text, each with its classes.

    1. Colours and styles become classes; a colour is one of eight that either theme can be read in.
    2. Every other sequence is gone, and so is where a link would lead.
    3. A line that is written over becomes several lines.
    4. Other controls, marks that turn or hide text and bytes that are not UTF-8 are spelt out.
    """

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""
        self._styles: set[str] = set()
        self._colours: dict[str, str] = {}

    @property
    def held(self) -> int:
        """So many bytes wait for those that follow."""
        undecoded, _ = self._decoder.getstate()
        return len(undecoded) + len(self._held.encode(errors="surrogateescape"))

    def feed(self, chunk: bytes) -> list[Piece]:
        text = self._held + self._decoder.decode(chunk)
        unfinished = OPEN.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return _merged(self._pieces(text[:cut]))

    def end(self) -> list[Piece]:
        """What was held back."""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        return _merged(self._pieces(text))

    def _pieces(self, text: str) -> Iterator[Piece]:
        done = 0
        for found in SEQUENCE.finditer(text):
            yield self._classes(), text[done : found.start()]
            done = found.end()
            if found["style"] is not None:
                self._restyle(found["style"])
            elif found["line"]:
                yield self._classes(), "\n"
            elif found["odd"]:
                yield self._shown(found["odd"])
        yield self._classes(), text[done:]

    def _shown(self, character: str) -> Piece:
        spelt = spelt_out(character)
        return (self._classes() if spelt == character else CONTROL), spelt

    def _classes(self) -> str:
        """The classes of text as it is now: "a-b a-f1"."""
        if not self._styles and not self._colours:
            return ""
        colours = (kind + number for kind, number in self._colours.items())
        return " ".join(f"a-{name}" for name in (*sorted(self._styles), *sorted(colours)))

    def _restyle(self, numbers: str) -> None:
        left = re.split("[;:]", numbers)
        while left:
            number = left.pop(0).lstrip("0")
            if number in EXTENDED:
                self._colour(EXTENDED[number], _extended(left))
            elif number in ON:
                self._styles.add(ON[number])
            elif number in OFF:
                self._styles -= {*OFF[number]}
            elif not number:
                self._styles.clear()
                self._colours.clear()
            else:
                self._plain_colour(int(number))

    def _plain_colour(self, number: int) -> None:
        """30 to 37 and 90 to 97 are of letters, 40 to 47 and 100 to 107 of the ground."""
        tens, colour = divmod(number, 10)
        for kind, dark, bright in (("f", 3, 9), ("g", 4, 10)):
            if tens in {dark, bright} and colour < 8:  # noqa: PLR2004 - so many there are
                self._colour(kind, str(colour))
            elif tens == dark and colour == 9:  # noqa: PLR2004 - the usual one
                self._colours.pop(kind, None)

    def _colour(self, kind: str, colour: str | None) -> None:
        if kind and colour is not None:
            self._colours[kind] = colour


def html_of(pieces: Iterable[Piece]) -> Markup:
    """The pieces as markup: text, and <span> around what has a class."""
    return join(element("span", text, kind=kind) if kind else text for kind, text in pieces)


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces without empty ones, and those that look the same as one."""
    alike = groupby((piece for piece in pieces if piece[1]), key=itemgetter(0))
    return [(kind, "".join(text for _, text in some)) for kind, some in alike]


def _extended(left: list[str]) -> str | None:
    """Take the numbers of a colour out of 256 or of millions; the nearest of ours."""
    form = left.pop(0).lstrip("0") if left else ""
    if form == NUMBERED and left:
        return of_number(_byte(left.pop(0)))
    if form == RGB:
        if len(left) > 3 and not left[0]:  # noqa: PLR2004 - the form with colons has one more
            left.pop(0)
        red, green, blue = (*map(_byte, left[:3]), 0, 0, 0)[:3]
        del left[:3]
        return of_rgb(red, green, blue)
    return None


def _byte(digits: str) -> int:
    return min(int(digits[:9] or 0), 255)

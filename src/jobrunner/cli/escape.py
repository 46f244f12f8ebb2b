"""What jobs write, made safe to look at: no secrets, and nothing for a terminal but colours."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator

from jobrunner.config.spelling import spelt_out
from jobrunner.engine.blot import Redactor
from jobrunner.engine.redact import redactor
from jobrunner.model.job import Job

# Escape sequences that choose how text looks, and those that may still become one.
SGR = re.compile(r"\x1b\[([0-9;:]{0,64})m")
OPEN = re.compile(r"(?:\x1b(?:\[[0-9;:]{0,64})?|\r)\Z")
RESET = "\x1b[0m"
CONCEAL = frozenset({"5", "6", "8"})  # blinking and hidden text
COLOUR = frozenset({"38", "48", "58"})  # these are followed by numbers of their own
SUSPECT = re.compile(r"[^\t\n -~]")


class Neutral:
    """Bytes in, in pieces cut anywhere; text out that a terminal only shows.

    Controls become `^M`, characters that hide or turn others `<U+202E>`, bytes that are not UTF-8
    `<FF>`, as `less` has them.  Without `colour` colours are taken out.
    """

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""
        self._is_coloured = False

    def feed(self, piece: bytes) -> str:
        text = self._held + self._decoder.decode(piece)
        open_end = OPEN.search(text)
        cut = open_end.start() if open_end else len(text)
        self._held = text[cut:]
        return self._shown(text[:cut])

    def end(self) -> str:
        """What was held back, and the end of any colour."""
        text = self._shown(self._held + self._decoder.decode(b"", final=True))
        self._held = ""
        is_coloured, self._is_coloured = self._is_coloured, False
        return text + RESET if is_coloured else text

    def _shown(self, text: str) -> str:
        parts = SGR.split(text.replace("\r\n", "\n"))
        return "".join(
            self._styled(part) if number % 2 else visible(part) for number, part in enumerate(parts)
        )

    def _styled(self, numbers: str) -> str:
        if _conceals(numbers):
            return visible(f"\x1b[{numbers}m")
        if not self._colour:
            return ""
        self._is_coloured = True
        return f"\x1b[{numbers}m"


class Safe:
    """What a job wrote, as it may be shown: its secrets hidden, and neutral unless it is `raw`."""

    def __init__(self, job: Job | None, *, raw: bool, colour: bool) -> None:
        self._secrets = (redactor(job) if job else Redactor()).stream()
        self._neutral = None if raw else Neutral(colour=colour)

    def feed(self, piece: bytes) -> str | bytes:
        known = self._secrets.feed(piece)
        return self._neutral.feed(known) if self._neutral else known

    def end(self) -> str | bytes:
        """What was held back."""
        known = self._secrets.end()
        return self._neutral.feed(known) + self._neutral.end() if self._neutral else known

    def of(self, pieces: Iterable[bytes]) -> Iterator[str | bytes]:
        """All of what comes in pieces."""
        for piece in pieces:
            yield self.feed(piece)
        yield self.end()


def visible(text: str) -> str:
    """The text with everything spelt out that a terminal might act on or hide."""
    return SUSPECT.sub(lambda found: spelt_out(found[0]), text)


def _conceals(numbers: str) -> bool:
    """Whether one of the styles hides text; the numbers of a colour are none."""
    left = re.split("[;:]", numbers)
    while left:
        number = left.pop(0).lstrip("0")
        if number in CONCEAL:
            return True
        if number in COLOUR and left:
            del left[: 4 if left[0].lstrip("0") == "2" else 2]
    return False

"""How text of the user's is shown in a message: neutralised, shortened, with the nearest word."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LONGEST = 60
BIG = 10**18
JOINERS = frozenset({"\u200c", "\u200d"})  # words of some scripts and many an emoji need them
ACTING = frozenset({"Cc", "Cf", "Zl", "Zp"})
UNREADABLE = range(0xDC80, 0xDD00)  # what a byte becomes that is not UTF-8
PRINTABLE = 0x40


def shown(text: str) -> str:
    """The text with one plain character for each that a terminal might act on or hide.

    These are the controls, the marks that turn the direction of what follows, and spaces that
    look like the ordinary one.
    """
    return text if text.isprintable() else "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character == "\t":
        return " "
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def spelt_out(character: str) -> str:
    """A character of an output, spelt out where it acts on what shows it, or hides others.

    Controls become `^M`, marks that turn or hide text `<U+202E>`, bytes that are not UTF-8 `<FF>`,
    as `less` has them.
    """
    if character in JOINERS or character.isprintable():
        return character
    number = ord(character)
    if number in UNREADABLE:
        return f"<{number & 0xFF:02X}>"
    if number < ord(" ") or number == ord("\x7f"):
        return f"^{chr(number ^ PRINTABLE)}"
    return f"<U+{number:04X}>" if unicodedata.category(character) in ACTING else character


def width(text: str) -> int:
    """How many columns a terminal gives to shown text."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


@lru_cache(maxsize=1024)
def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def quoted(text: str) -> str:
    """Text in double quotes, short and safe to print."""
    cut = text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
    return f'"{shown(cut)}"'


def told(value: object) -> str:
    """A TOML value as a message names it; what a table or list holds is not looked into."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) >= BIG:
        return "a number of many digits"
    return str(value).lower() if isinstance(value, bool) else str(value)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; the same one whatever the order of `known`."""
    try:
        # Rarely wanted, and 150 KiB in the memory of whoever reads a jobs.toml.
        from difflib import get_close_matches  # noqa: PLC0415
    except ImportError:  # an upgrade of Python has taken it away, and this process goes on
        return None
    folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    close = get_close_matches(word[:LONGEST].casefold(), sorted(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def meant(word: str, known: Iterable[str]) -> str:
    """The question "did you mean ...?", or nothing."""
    name = nearest(word, known)
    return f'did you mean "{name}"?' if name else ""


def unknown(kind: str, name: str, known: Iterable[str], otherwise: str = "") -> str:
    """That there is no such thing, and which one was probably meant, or else where they are."""
    near = nearest(name, known)
    rest = otherwise or ("The jobs: jobrunner list" if kind == "job" else "")
    hint = f'Did you mean "{near}"?' if near else rest
    return f"no {kind} named {quoted(name)}. {hint}".rstrip()

"""Command lines of systemd, as in systemd.service(5): words, quotes, escapes, variables."""

import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

# One piece of a word: quoted, escaped or plain.
PIECE = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:[^\s"'\\]|\\.)+))""", re.DOTALL | re.ASCII
)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
PREFIXES = re.compile(r"[-@:+!|]*")
VARIABLE = re.compile(r"\$\$|\$\{[A-Za-z_][^}]*\}")
ALONE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
SPECIFIER = re.compile(r"%(.)")


class Line(NamedTuple):
    """One command: what stands before it, and its words as they are written."""

    prefixes: str
    words: list[str]

    @property
    def has_variables(self) -> bool:
        bare = (word.replace("$$", "") for word in self.words)
        return ":" not in self.prefixes and any("$" in word for word in bare)

    def plain(self) -> list[str]:
        """The words, where no variable is in them."""
        return [word if ":" in self.prefixes else word.replace("$$", "$") for word in self.words]

    def for_shell(self) -> str:
        """The same command for a shell, its variables in it."""
        if ":" in self.prefixes:
            return shlex.join(self.words)
        return " ".join(map(_for_shell, self.words))


def line_of(text: str) -> Line:
    prefixes = PREFIXES.match(text.strip())
    assert prefixes is not None
    return Line(prefixes[0], split(text.strip()[prefixes.end() :]))


def split(text: str) -> list[str]:
    """The words of a line, escapes read."""
    words: list[str] = []
    for found in PIECE.finditer(text):
        begins = found.start() == 0 or found[0][:1].isspace() or not words
        piece = _unescaped(next(group for group in found.groups() if group is not None))
        if begins:
            words.append(piece)
        else:
            words[-1] += piece
    return words


def specified(text: str, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with specifiers filled in, and those that are not known here."""
    unknown = [f"%{letter}" for letter in SPECIFIER.findall(text) if letter not in known]
    return SPECIFIER.sub(lambda found: known.get(found[1], found[0]), text), unknown


def _unescaped(text: str) -> str:
    return ESCAPE.sub(_meaning, text)


def _meaning(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        return chr(int(code, 8) if code.isdigit() and code[0] not in "xuU" else int(code[1:], 16))
    return NAMED.get(code, code)


def _for_shell(word: str) -> str:
    if ALONE.fullmatch(word):
        return word  # systemd, too, makes several words of it
    pieces: list[str] = []
    at = 0
    for found in VARIABLE.finditer(word):
        pieces.append(_literal(word[at : found.start()]))
        pieces.append("'$'" if found[0] == "$$" else f'"{found[0]}"')
        at = found.end()
    return "".join([*pieces, _literal(word[at:])]) or "''"


def _literal(text: str) -> str:
    return shlex.quote(text) if text else ""

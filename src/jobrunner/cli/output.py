"""How answers reach their reader: lines, colour, signs, complaints.

Every start imports this, so that it imports nothing but what click does; see `answer` for the rest.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

import click

from jobrunner.cli.option import manner
from jobrunner.errors import JobrunnerError

C = frozenset({"C", "POSIX"})
COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})
# A sign, and the word in its place where there is no UTF-8.
SIGNS = {
    "ok": ("✓", "ok"),
    "bad": ("✗", "FAIL"),
    "note": ("!", "!"),
    "success": ("✓", "ok"),
    "failed": ("✗", "FAIL"),
    "timeout": ("✗", "TIME"),
    "running": ("●", "run"),
    "queued": ("○", "queue"),
    "retrying": ("○", "retry"),
    "skipped": ("–", "skip"),  # noqa: RUF001 - wide enough to be seen
    "missed": ("!", "miss"),
    "lost": ("?", "lost"),
    "paused": ("‖", "pause"),
    "stopped": ("⊘", "stop"),
}
# One character each, for many in a row: there a timeout is told from a failure.
LETTERS = {
    "success": ".",
    "failed": "F",
    "timeout": "T",
    "running": "*",
    "queued": "o",
    "retrying": "o",
    "skipped": "-",
    "missed": "!",
    "lost": "?",
    "stopped": "s",
}
COLORS = {
    "ok": "green",
    "bad": "red",
    "note": "yellow",
    "success": "green",
    "failed": "red",
    "timeout": "red",
    "running": "cyan",
    "queued": "cyan",
    "retrying": "yellow",
    "missed": "yellow",
    "lost": "red",
    "paused": "yellow",
    "stopped": "magenta",
}


def wants_color(stream: TextIO, choice: str, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to `stream`: the option, then the variables, then a terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def style(text: str, **style: Any) -> str:
    """The text in colour, if colour is wanted on standard output."""
    return click.style(text, **style) if is_coloured() else text


def is_coloured() -> bool:
    """Whether the answer is to be in colour."""
    how = manner()
    if how.coloured is None:  # a table asks for each of its cells
        is_piped = how.plain and how.color == "auto"
        how.coloured = not is_piped and wants_color(sys.stdout, how.color, os.environ)
    return how.coloured


def tinted(state: str, text: str) -> str:
    """Text in the colour of a state."""
    return style(text, fg=COLORS[state]) if state in COLORS and text else text


def sign(state: str) -> str:
    """A sign for a state: never colour alone, and letters where signs cannot be shown.

    A state without a sign of its own has none.
    """
    return tinted(state, SIGNS.get(state, ("", ""))[is_plain()])


def strip(states: Iterable[str]) -> str:
    """One character for each of several results in a row."""
    return "".join(tinted(state, _letter(state)) for state in states)


def _letter(state: str) -> str:
    return LETTERS[state] if is_plain() or state == "timeout" else SIGNS[state][0]


def is_plain(stream: TextIO | None = None) -> bool:
    """Whether signs cannot be shown, on standard output unless another stream is meant."""
    return not encoding(stream or sys.stdout).lower().startswith("utf")


def encoding(stream: TextIO) -> str:
    """What a stream can show.

    Python takes the C locale for UTF-8, which is right for files; whose terminal it is means it.
    """
    return "ascii" if stream.isatty() and _is_c(os.environ) else stream.encoding or "ascii"


def _is_c(environ: Mapping[str, str]) -> bool:
    """Whether the C locale was asked for; Python may have set LC_CTYPE for itself then."""
    if everything := environ.get("LC_ALL"):
        return everything in C
    return environ.get("LANG") in C and environ.get("LC_CTYPE", "") in {"", *C, *COERCED}


def say(text: str = "") -> None:
    """A line of the answer; what the terminal cannot show is spelt out."""
    try:
        click.echo(showable(text, sys.stdout), color=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon(sys.stdout)
        raise JobrunnerError(f"the answer cannot be written: {error.strerror}.") from error


def tell(text: str = "") -> None:
    """A line that nobody asked for: what was done, what to do next."""
    if not manner().quiet:
        say(text)


def complain(text: str, *, is_report: bool = False) -> None:
    """Say on standard error what went wrong; the second line on says what to do.

    A report has its own form.
    """
    first, *rest = text.splitlines() or [""]
    lines = [f"Error: {first}", *(f"       {line}" for line in rest)]
    shown = text if is_report else "\n".join(lines)
    try:
        click.echo(showable(shown, sys.stderr), err=True)
    except OSError:  # nobody can be told; the exit code still tells
        abandon(sys.stderr)


def aside(text: str) -> None:
    """A line on standard error that is no complaint."""
    if manner().quiet:
        return
    with suppress(OSError):
        click.echo(showable(text, sys.stderr), err=True)


def abandon(stream: TextIO) -> None:
    """Give up a stream that takes nothing more.

    What it still holds Python would write once more at its exit, and end with a code of its own.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_terminal() -> bool:
    """Whether a person reads the answer."""
    return not manner().plain and (sys.stdout.isatty() or bool(os.environ.get("FORCE_TTY")))


def tabs(rows: Iterable[Sequence[str]]) -> None:
    """One line a row, for other programs."""
    lines = ["\t".join(row) for row in rows]
    if lines:
        say("\n".join(lines))


def showable(text: str, stream: TextIO) -> str:
    """The text, with spelt out what the stream cannot show."""
    code = encoding(stream)
    return text.encode(code, "backslashreplace").decode(code)

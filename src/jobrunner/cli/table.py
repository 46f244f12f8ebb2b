"""Tables on a terminal: columns under headings, and remarks below them, never too wide."""

import os
import re
import textwrap
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

import click

from jobrunner.cli.output import SIGNS, is_plain, say, sign, style, tell
from jobrunner.config.spelling import width

NARROWEST = 40
USUAL = 100
STDOUT = 1
GAP = "   "  # between pieces of a line that are better not cut
ESCAPE = re.compile(r"(\x1b\[[0-9;]*m)")

Row = Sequence[str]
T = TypeVar("T")


def are_many(hosts: Iterable[str]) -> bool:
    """Whether these are more than one; of one alone nobody has to be told."""
    return len({*hosts} - {""}) > 1


def show(
    header: Row,
    rows: Sequence[Row],
    *,
    states: Sequence[str] = (),
    below: Sequence[Sequence[str]] = (),
    optional: Sequence[str] = (),
    without: Sequence[str] = (),
) -> None:
    """Columns under headings, as wide as they need to be; no row is wider than the terminal.

    1. With `states` a row begins with the sign of its own; with `below` lines of its own follow it.
    2. Where the terminal is too narrow, the columns under `optional` headings go, first to last;
    3. what is too long then is cut;
    4. columns under `without` headings are not wanted.
    """
    marks = {state: sign(state) for state in {*states}}
    signs = [marks[state] for state in states]
    margin = _sign_width() + 2 if states else 1
    room = columns()
    leaving = [*without, *(name for name in optional if name not in without)]
    kept = _kept(header, rows, leaving, room - margin, len(without))
    widths = _widths([header, *rows])
    heading = cut(_line("", margin, _some(header, kept), _some(widths, kept)), room)
    lines = [style(heading, bold=True)]
    for number, row in enumerate(rows):
        first = signs[number] if signs else ""
        lines.append(cut(_line(first, margin, _some(row, kept), _some(widths, kept)), room))
        more = below[number] if below else ()
        lines += [cut(" " * (margin + 2) + line, room) for line in more]
    say("\n".join(lines))


def remark(text: str, indent: str = "   ") -> None:
    """A remark below a table, over as many lines as the terminal needs for it."""
    tell(
        textwrap.fill(
            text, columns(), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        )
    )


def beside(start: str, text: str) -> None:
    """Text to the right of what begins the line, over as many lines as the terminal needs."""
    margin = seen_width(start)
    for number, line in enumerate(wrapped(text, max(columns() - margin, NARROWEST // 2))):
        say(f"{' ' * margin if number else start}{line}")


def wrapped(text: str, room: int) -> list[str]:
    """The text over as many lines as it takes, cut between its pieces before within them."""
    if seen_width(text) <= room:
        return [text]
    lines = [""]
    for piece in text.split(GAP):
        longer = f"{lines[-1]}{GAP}{piece}" if lines[-1] else piece
        if seen_width(longer) <= room:
            lines[-1] = longer
        elif seen_width(piece) <= room:
            lines.append(piece)
        else:
            lines += textwrap.wrap(click.unstyle(piece), room, break_on_hyphens=False)
    return [line for line in lines if line]


def columns() -> int:
    """How wide the terminal is; JOBRUNNER_COLUMNS outranks what it says of itself."""
    for name in ("JOBRUNNER_COLUMNS", "COLUMNS"):
        wanted = os.environ.get(name, "")
        if wanted.isdecimal() and int(wanted):
            return max(int(wanted), NARROWEST)
    return max(_own_columns(), NARROWEST)


def _own_columns() -> int:
    try:
        return os.get_terminal_size(STDOUT).columns or USUAL
    except OSError:  # no terminal, or closed
        return USUAL


def padded(cell: str, length: int) -> str:
    """A cell with the spaces that it lacks, whatever colour it has."""
    return cell + " " * (length - seen_width(cell))


def seen_width(text: str) -> int:
    """How many columns of the terminal a text takes, colour left out."""
    return width(click.unstyle(text) if "\x1b" in text else text)


def _sign_width() -> int:
    return max(len(pair[is_plain()]) for pair in SIGNS.values())


def _widths(rows: Sequence[Row]) -> list[int]:
    return [max(map(seen_width, column)) for column in zip(*rows, strict=True)]


def _kept(
    header: Row, rows: Sequence[Row], optional: Sequence[str], room: int, less: int
) -> list[int]:
    """The columns that there is room for, by number; the first `less` optional ones go anyway."""
    widths = _widths([header, *rows])
    kept = list(range(len(header)))
    for place, name in enumerate(optional):
        if place >= less and sum(widths[number] + 2 for number in kept) - 2 <= room:
            break
        kept.remove(header.index(name))
    return kept


def _some(values: Sequence[T], kept: Collection[int]) -> list[T]:
    return [values[number] for number in kept]


def _line(first: str, margin: int, cells: Row, widths: Sequence[int]) -> str:
    start = padded(f" {first}" if first else "", margin)
    aligned = "  ".join(padded(cell, size) for cell, size in zip(cells, widths, strict=True))
    return f"{start}{aligned}".rstrip()


def cut(line: str, room: int = 0) -> str:
    """The line, or as much of it as there is room for on the terminal, in its colours."""
    room = room or columns()
    if seen_width(line) <= room:
        return line
    room -= 3
    pieces = []
    for piece in ESCAPE.split(line):
        if ESCAPE.fullmatch(piece):
            pieces.append(piece)
        else:
            pieces.append(fitting(piece, room))
            room -= seen_width(pieces[-1])
    return "".join(pieces) + "..."


def fitting(text: str, room: int) -> str:
    """As many characters from the start of plain text as there is room for."""
    if width(text) <= room:
        return text
    end = room
    while width(text[:end]) > room:
        end -= 1
    return text[:end]

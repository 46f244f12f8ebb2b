"""Tables on a terminal: columns under headings, and remarks below them, never too wide."""

import os
import shutil
import textwrap
from collections.abc import Sequence

from jobrunner.cli.output import say, style

NARROWEST = 40


def show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns under headings, as wide as they need to be; no row is wider than the terminal."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    say(style(_cut(_line(header, widths)), bold=True))
    for row in rows:
        say(_cut(_line(row, widths)))


def remark(text: str) -> None:
    """A remark below a table, over as many lines as the terminal needs for it."""
    say(textwrap.fill(text, _columns(), initial_indent="   ", subsequent_indent="   "))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (
        " "
        + "  ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
    )


def _cut(line: str) -> str:
    width = _columns()
    return line if len(line) <= width else line[: width - 3] + "..."


def _columns() -> int:
    """How wide the terminal is; JOBRUNNER_COLUMNS outranks what it says of itself."""
    wanted = os.environ.get("JOBRUNNER_COLUMNS", "")
    width = int(wanted) if wanted.isdecimal() else shutil.get_terminal_size((100, 24)).columns
    return max(width, NARROWEST)

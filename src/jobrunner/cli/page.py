"""Help that is there at once: a page for each command, made from it beforehand, in `pages/`.

A command's own help takes click, which costs four times what a bare Python does.  This imports
nothing; what is not asked for in the usual way is left to click.
"""

import os

from jobrunner import __version__
from jobrunner.cli.overview import TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = f"{os.path.dirname(__file__)}/pages"  # noqa: PTH120 - a start has no time for pathlib
COLUMNS = 80
LARGEST = 1 << 16


def asked(arguments: "Sequence[str]", environ: "Mapping[str, str]") -> str | None:
    """The page that a command line asks for; None if that is for click to say."""
    match list(arguments):
        case [] | ["-h" | "--help" | "help"]:
            return TEXT
        case ["--version"]:
            return f"jobrunner {__version__}"
        case [*names, "-h" | "--help"] | ["help", *names] if names and _is_wide(environ):
            return read(names)
    return None


def read(names: "Sequence[str]") -> str | None:
    """The page of a command, or of one within a command, if there is one."""
    if not all(name.isalpha() and name.isascii() for name in names):
        return None
    try:
        file = os.open(f"{FOLDER}/{'.'.join(names)}.txt", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(file, LARGEST).decode().rstrip("\n")
    finally:
        os.close(file)


def _is_wide(environ: "Mapping[str, str]") -> bool:
    """Whether a page has the room that it was made for; a pipe has."""
    named = environ.get("COLUMNS", "")
    if named.isdecimal() and int(named):
        return int(named) >= COLUMNS
    try:
        return os.get_terminal_size(1).columns not in range(1, COLUMNS)
    except OSError:
        return True

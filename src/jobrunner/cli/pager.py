"""Long answers in a pager: on a terminal, if they do not fit, and only there."""

import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from itertools import chain
from typing import TextIO

import click

from jobrunner.cli import output
from jobrunner.cli.table import columns, seen_width
from jobrunner.errors import JobrunnerError

Piece = str | bytes
USUAL = "less -FIRX"


def show(pieces: Iterable[Piece], *, wanted: bool = True) -> None:
    """Write pieces of text, or bytes as they are.

    Text goes to a pager if one is `wanted` and the terminal is too small for it.
    """
    ahead = iter(pieces)
    command = pager(os.environ) if wanted and sys.stdout.isatty() else []
    start, is_long = _screenful(ahead) if command else ([], False)
    if is_long:
        _page(command, chain(start, ahead))
        return
    for piece in chain(start, ahead):
        put(piece)


class Sheet(io.TextIOWrapper):
    """Stands in for standard output, and keeps what is said; colours and signs are the same."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(io.BytesIO(), encoding=stream.encoding, write_through=True)
        self._stream = stream

    def isatty(self) -> bool:
        return self._stream.isatty()

    def lines(self) -> list[str]:
        self.seek(0)
        return self.readlines()


@contextmanager
def sheet() -> Iterator[Sheet]:
    """Keep what is said meanwhile, for `show`."""
    kept = Sheet(sys.stdout)
    with redirect_stdout(kept):
        yield kept


def put(piece: Piece) -> None:
    """Write text without a new line, what cannot be shown spelt out; bytes as they are."""
    content = piece if isinstance(piece, bytes) else _encoded(piece, sys.stdout.encoding)
    if not content:
        return
    try:
        click.echo(content, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        output.abandon(sys.stdout)
        raise JobrunnerError(f"the answer cannot be written: {error.strerror}.") from error


def pager(environ: Mapping[str, str]) -> list[str]:
    """The command that the variables name, or the usual one; none where they say `cat` or nothing.

    A command that this host does not have is none either.
    """
    named = next((environ[name] for name in ("JOBRUNNER_PAGER", "PAGER") if name in environ), USUAL)
    try:
        command = shlex.split(named)
    except ValueError:
        return []
    usable = command and command[0] != "cat" and environ.get("TERM") != "dumb"
    return command if usable and shutil.which(command[0]) else []


def _screenful(pieces: Iterator[Piece]) -> tuple[list[Piece], bool]:
    """As much as the screen holds, and whether there is more."""
    lines = shutil.get_terminal_size((100, 24)).lines
    taken: list[Piece] = []
    height = 0
    for piece in pieces:
        taken.append(piece)
        height += _height(piece) if isinstance(piece, str) else 0
        if height >= lines:
            return taken, True
    return taken, False


def _height(text: str) -> int:
    """How many lines of the screen a text takes."""
    width = columns()
    return sum(max(1, -(-seen_width(line) // width)) for line in text.splitlines())


def _page(command: list[str], pieces: Iterator[Piece]) -> None:
    """Feed the pager until all is said or its reader has read enough."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - the user's choice
    assert process.stdin is not None
    with suppress(BrokenPipeError, KeyboardInterrupt), process.stdin as pipe:
        for piece in pieces:
            pipe.write(piece if isinstance(piece, bytes) else _encoded(piece, "utf-8"))
    _wait(process)


def _encoded(text: str, encoding: str | None) -> bytes:
    return text.encode(encoding or "ascii", "backslashreplace")


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Until the pager ends: a Ctrl-C is the pager's, which goes on."""
    while process.poll() is None:
        with suppress(KeyboardInterrupt):
            process.wait()

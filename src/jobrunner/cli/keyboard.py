"""Single keys from a terminal, without their echo."""

import os
import re
import select
import sys
import termios
import tty
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

KEY = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
NAMES = {
    b"\x1b[A": "up",
    b"\x1bOA": "up",
    b"k": "up",
    b"\x1b[B": "down",
    b"\x1bOB": "down",
    b"j": "down",
    b"\x1b": "q",
    b"\x04": "q",
}
MOST = 64  # bytes


class Keyboard:
    """What is typed, a key at a time; nothing where no terminal is there to type on."""

    def __init__(self, file: int | None) -> None:
        self._file = file
        self._typed: deque[bytes] = deque()

    def key(self, seconds: float) -> str:
        """The next key, '' if none comes in time; a terminal that is gone is a q."""
        if not self._typed:
            files = [] if self._file is None else [self._file]
            ready, _, _ = select.select(files, [], [], seconds)
            if not ready:
                return ""
            self._typed.extend(KEY.findall(os.read(ready[0], MOST)) or [b"\x04"])
        key = self._typed.popleft()
        return NAMES.get(key) or key.decode("ascii", "replace")


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """The keyboard of this terminal; it is as it was when this ends."""
    if not sys.stdin.isatty():
        yield Keyboard(None)
        return
    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    tty.setcbreak(file)
    try:
        yield Keyboard(file)
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)

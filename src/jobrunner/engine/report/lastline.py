"""The last line that an attempt wrote, fit to be shown anywhere."""

import os
import re
from contextlib import suppress

from jobrunner.engine.state import State
from jobrunner.model.run import Run
from jobrunner.process.output import open_to_read

TAIL = 4096  # bytes that are looked at
LONGEST = 300  # characters
# What a terminal acts upon: colours, titles, links; what ends none is taken to the end of the line.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[^\[\]])")


def last_line(state: State, run: Run) -> str:
    """The last line of its last attempt that says anything; "" where there is none to be read."""
    if not run.attempts:
        return ""
    # The name is computed: what a database says that others write, is no path for us.
    lines = _tail(state.output_path(state.output(run.id, run.attempts))).splitlines()
    told = (readable(line.decode(errors="replace")) for line in reversed(lines))
    return next((line for line in told if line), "")


def readable(text: str) -> str:
    """The text without what moves, colours or hides it, cut to what fits into a row."""
    plain = ESCAPES.sub("", text).replace("\t", " ")
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in plain)
    shown = shown.strip()
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _tail(path: str) -> bytes:
    with suppress(OSError):
        file = open_to_read(path)
        try:
            return os.pread(file, TAIL, max(0, os.fstat(file).st_size - TAIL))
        finally:
            os.close(file)
    return b""

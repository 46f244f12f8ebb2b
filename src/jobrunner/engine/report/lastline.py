"""The last line that an attempt wrote, fit to be shown anywhere."""

import re

from jobrunner.engine.transcript import Transcripts, reading
from jobrunner.errors import StoreError
from jobrunner.model.run import Run

TAIL = 4096  # bytes that are looked at
LONGEST = 300  # characters
# What a terminal acts upon: colours, titles, links; what ends none is taken to the end of the line.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[^\[\]])")


def last_line(transcripts: Transcripts, run: Run) -> str:
    """The last line of its last attempt that says anything; "" where there is none to be read."""
    if not run.attempts:
        return ""
    lines = _tail(transcripts, run).splitlines()
    told = (readable(line.decode(errors="replace")) for line in reversed(lines))
    return next((line for line in told if line), "")


def readable(text: str) -> str:
    """The text without what moves, colours or hides it, cut to what fits into a row."""
    plain = ESCAPES.sub("", text).replace("\t", " ")
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in plain)
    shown = shown.strip()
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _tail(transcripts: Transcripts, run: Run) -> bytes:
    try:
        with reading(transcripts.of(run.id, run.attempts, run.host)) as found:
            return found.end(TAIL)[1]
    except (OSError, StoreError):
        return b""

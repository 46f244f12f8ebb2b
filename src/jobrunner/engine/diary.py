"""What a supervisor says of itself, a line each, with the time."""

import sys
from typing import Literal

from jobrunner.clock import Clock

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")


class Diary:
    """Lines on standard error, from one level up."""

    def __init__(self, clock: Clock, level: Level = "info") -> None:
        self._clock = clock
        self._least = LEVELS.index(level)

    def debug(self, text: str) -> None:
        self._say("debug", text)

    def info(self, text: str) -> None:
        self._say("info", text)

    def warning(self, text: str) -> None:
        self._say("warning", text)

    def error(self, text: str) -> None:
        self._say("error", text)

    def _say(self, level: Level, text: str) -> None:
        if LEVELS.index(level) < self._least:
            return
        try:
            sys.stderr.write(f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ} {level} {text}\n")
            sys.stderr.flush()
        except OSError:  # a full disk must not stop what is looked after
            return

"""What a supervisor says of itself, a line each, with the time."""

import sys
from typing import Literal

from jobrunner.clock import Clock

Level = Literal["debug", "info", "warning", "error"]
AGAIN = 60.0  # seconds
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")


class Diary:
    """Lines on standard error, from one level up."""

    def __init__(self, clock: Clock, level: Level = "info") -> None:
        self._clock = clock
        self._wrong: dict[str, float] = {}
        self.heed(level)

    def heed(self, level: Level) -> None:
        """Tell what is of this level or above from now on."""
        self._least = LEVELS.index(level)

    def debug(self, text: str) -> None:
        self._say("debug", text)

    def info(self, text: str) -> None:
        self._say("info", text)

    def warning(self, text: str) -> None:
        self._say("warning", text)

    def error(self, text: str) -> None:
        """Tell what is wrong: the same once a minute, however often it is tried again."""
        now = self._clock.elapsed()
        self._wrong = {said: at for said, at in self._wrong.items() if now < at + AGAIN}
        if text not in self._wrong:
            self._wrong[text] = now
            self._say("error", text)

    def _say(self, level: Level, text: str) -> None:
        if LEVELS.index(level) < self._least:
            return
        try:
            sys.stderr.write(f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ} {level} {text}\n")
            sys.stderr.flush()
        except OSError:  # a full disk must not stop what is looked after
            return

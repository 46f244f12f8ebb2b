"""What a supervisor says of itself: a line each, or the journal's message, with the time."""

import sys

from jobrunner.clock import Clock
from jobrunner.engine.journal import ERROR, Journal
from jobrunner.engine.record import (
    LEVELS,
    PROGRAM,
    About,
    Form,
    Level,
    Record,
    as_fields,
    as_json,
    as_text,
)

AGAIN = 60.0  # seconds
NOTHING = About()


class Diary:
    """Records on standard error, from one level up.

    With a journal they go there; a line is written if that does not take them, or if standard
    error leads elsewhere by now.
    """

    def __init__(
        self,
        clock: Clock,
        level: Level = "info",
        form: Form = "text",
        *,
        logger: str = PROGRAM,
        journal: Journal | None = None,
    ) -> None:
        self._clock = clock
        self._logger = logger
        self._journal = journal
        self._wrong: dict[str, float] = {}
        self.heed(level, form)

    def heed(self, level: Level, form: Form) -> None:
        """Tell what is of this level or above from now on, in this form."""
        self._least = LEVELS.index(level)
        self._line = as_json if form == "json" else as_text

    def debug(self, text: str, about: About = NOTHING) -> None:
        self._say("debug", text, about)

    def info(self, text: str, about: About = NOTHING) -> None:
        self._say("info", text, about)

    def warning(self, text: str, about: About = NOTHING) -> None:
        self._say("warning", text, about)

    def error(self, text: str, about: About = NOTHING) -> None:
        """Tell what is wrong: the same once a minute, however often it is tried again."""
        now = self._clock.elapsed()
        self._wrong = {said: at for said, at in self._wrong.items() if now < at + AGAIN}
        if text not in self._wrong:
            self._wrong[text] = now
            self._say("error", text, about)

    def _say(self, level: Level, text: str, about: About) -> None:
        if LEVELS.index(level) < self._least:
            return
        now = self._clock.now()
        record = Record(at=now, level=level, text=text, logger=self._logger, about=about)
        if self._journal is not None:
            is_taken = self._journal.take(as_fields(record))
            if is_taken and self._journal.is_at(ERROR):
                return
        try:
            sys.stderr.write(self._line(record))
            sys.stderr.flush()
        except OSError:  # a full disk must not stop what is looked after
            return

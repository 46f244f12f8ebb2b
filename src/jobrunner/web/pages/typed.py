"""What was typed into the fields above a list: read, or told beside its field why it cannot be."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import Query

from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import quoted
from jobrunner.config.zone import host_zone
from jobrunner.engine.past.when import Span, span
from jobrunner.engine.report.choice import require_tags
from jobrunner.errors import UnknownError
from jobrunner.web.call import Call
from jobrunner.web.problem import RefusedError
from jobrunner.web.subject import LARGEST

MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
DAYS = "2026-11-20, 2026-11 or 2026-W47"
PROPOSED = 200  # jobs that a field proposes
T = TypeVar("T")

Word = Annotated[str, Query(max_length=200)]
Before = Annotated[int | None, Query(ge=1, le=LARGEST)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


class Typed:
    """Reads one field after the other; `wrong` has a sentence for each that cannot be read."""

    def __init__(self, call: Call, *fields: str) -> None:
        self._call = call
        self.wrong = dict.fromkeys(fields, "")

    @property
    def is_wrong(self) -> bool:
        """Whether any of them cannot be read."""
        return any(self.wrong.values())

    def job(self, text: str) -> str | None:
        """The job of that name, if it is there to be seen, or was."""
        name = text.strip()
        return self._read("job", lambda: self._call.require_known(name)) if name else None

    def tag(self, text: str) -> Sequence[str]:
        """The jobs that have this tag, if there are any."""
        tag, jobs = text.strip(), self._call.scene.config.jobs.values()

        def read() -> Sequence[str]:
            require_tags([tag], jobs)
            return [job.name for job in jobs if tag in job.tags]

        return (self._read("tag", read) or ()) if tag else ()

    def since(self, text: str, otherwise: str = "") -> datetime | None:
        """The beginning of a time; what is left out, or cannot be read, is as `otherwise`."""
        found = self.span("since", text) or self.span("since", otherwise)
        return found.first if found else None

    def span(self, name: str, text: str) -> Span | None:
        """The time that a date, a date with a time, or a distance covers."""
        if not text.strip():
            return None
        return self._read(name, lambda: span(text, host_zone().info, self._call.now))

    def day(self, text: str, years: range) -> date | None:
        """A day, or the first one of a month or a week: 2026-11-20, 2026-11, 2026-W47."""

        def read() -> date:
            form = text.strip()
            try:
                found = date.fromisoformat(f"{form}-01" if MONTH.fullmatch(form) else form)
            except ValueError:
                raise ValueError(f"{quoted(form)} is none: write {DAYS}") from None
            if found.year not in years:
                raise ValueError(f"the years are {years[0]} to {years[-1]}")
            return found

        return self._read("day", read) if text.strip() else None

    def distance(self, name: str, text: str, most: timedelta) -> timedelta | None:
        """A duration as jobs.toml spells it, not longer than that."""

        def read() -> timedelta:
            found = quantity.duration(text.strip())
            if not timedelta() < found <= most:
                raise ValueError(f"{text.strip()} is not from 1s to {quantity.spelt(most)}")
            return found

        return self._read(name, read) if text.strip() else None

    def _read(self, name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Refusal as refusal:
            told = refusal.told
        except RefusedError as error:
            told = error.detail
        except (UnknownError, ValueError) as error:
            told = str(error).partition("\n")[0]
        self.wrong[name] = told[:1].upper() + told[1:]
        return None


def proposed(call: Call) -> Sequence[str]:
    """The names of jobs that a field proposes."""
    return [*call.scene.config.jobs][:PROPOSED]


def tags_of(call: Call) -> Sequence[str]:
    """The tags that there are, among the jobs that the visitor sees."""
    return sorted({tag for job in call.scene.config.jobs.values() for tag in job.tags})

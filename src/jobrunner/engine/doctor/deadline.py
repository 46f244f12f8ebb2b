"""Jobs that may take for ever: a timeout is suggested from the longest run."""

from collections.abc import Iterator
from datetime import timedelta

from jobrunner.config.quantity import spelt
from jobrunner.engine.doctor.finding import Finding, ok, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.words import numbered, short

DAYS = timedelta(days=90)
# A timeout is for what hangs: well above what ever took long.
ROOM = 3
ROUND = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 10080)
)
NO_RUN = timedelta(hours=1)
SHOWN = 3


def look(patient: Patient) -> Iterator[Finding]:
    endless = [job.name for job in patient.jobs if job.enabled and job.timeout is None]
    if not endless:
        if patient.jobs:
            yield ok("every job has a timeout")
        return
    longest = _longest(patient, endless)
    where = f"in [jobs.{endless[0]}]" if len(endless) == 1 else "in [defaults]"
    told = f"longest run {short(longest)}" if longest else "none has run yet"
    yield warning(
        f"{_some(endless)}: no timeout; {told}. What hangs keeps its next runs out",
        f'timeout = "{spelt(suggested(longest))}" {where}',
        job=endless[0] if len(endless) == 1 else None,
    )


def suggested(longest: timedelta | None) -> timedelta:
    """A round length of time that nothing which works will ever take."""
    if longest is None:
        return NO_RUN
    wanted = longest * ROOM
    return next((each for each in ROUND if each >= wanted), wanted)


def _longest(patient: Patient, names: list[str]) -> timedelta | None:
    if patient.store is None:
        return None
    figures = patient.store.statistics(patient.now - DAYS)
    lengths = [each.longest for each in figures if each.job in names and each.longest]
    return max(lengths, default=None)


def _some(names: list[str]) -> str:
    rest = len(names) - SHOWN
    more = f" and {numbered(rest, 'other')}" if rest > 0 else ""
    return ", ".join(names[:SHOWN]) + more

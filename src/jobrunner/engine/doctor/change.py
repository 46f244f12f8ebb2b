"""The next change of clocks, and what it does to which job."""

from collections.abc import Iterator

from jobrunner.engine.doctor.finding import Finding, ok, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.report.clockchange import clock_change
from jobrunner.words import numbered

SHOWN = 5


def look(patient: Patient) -> Iterator[Finding]:
    """Jobs to which the same happens are told in one sentence."""
    notes: dict[str, list[str]] = {}
    for job in patient.jobs:
        if note := clock_change(job, patient.now):
            notes.setdefault(note, []).append(job.name)
    for note, names in sorted(notes.items(), key=lambda each: -len(each[1]))[:SHOWN]:
        day, _, what = note.partition(": ")
        rest = len(names) - SHOWN
        more = f" and {numbered(rest, 'other')}" if rest > 0 else ""
        only = names[0] if len(names) == 1 else None
        yield warning(f"next change {day}: {', '.join(names[:SHOWN])}{more}: {what}", job=only)
    if len(notes) > SHOWN:
        yield warning(
            f"{numbered(len(notes) - SHOWN, 'other job')} moved, too", "jobrunner show JOB"
        )
    if not notes and patient.jobs:
        yield ok("the next change of clocks moves no slot")

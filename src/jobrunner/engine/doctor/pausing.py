"""Pauses that were forgotten, or that nobody can explain."""

from collections.abc import Iterator
from datetime import timedelta

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.model.pause import Pause
from jobrunner.store.value import EVERY_JOB
from jobrunner.words import short

LONG = timedelta(days=30)


def look(patient: Patient) -> Iterator[Finding]:
    if patient.store is None:
        return
    names = {job.name for job in patient.jobs} | ({EVERY_JOB} if not patient.look.job else set())
    for name, health in sorted(patient.store.health().items()):
        pause = health.pause
        if pause and name in names and pause.holds(patient.now):
            yield from _pause(name, pause, patient)


def _pause(name: str, pause: Pause, patient: Patient) -> Iterator[Finding]:
    whose = "every job is" if name == EVERY_JOB else f"{name} is"
    job, target = (None, "--all") if name == EVERY_JOB else (name, name)
    age = patient.now - pause.since
    why = f": {shown(pause.reason)}" if pause.reason else ", for no reason that is told"
    if age > LONG:
        message = f"{whose} paused for {short(age)} by {shown(pause.by)}{why}"
        yield warning(message, f"jobrunner resume {target}", job=job)
    elif not pause.reason and pause.until is None:
        message = f"{whose} paused by {shown(pause.by)} without end{why}"
        yield warning(message, f"jobrunner resume {target}", job=job)

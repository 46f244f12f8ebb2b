"""Whether anybody outside of this host would notice that it stands still."""

from collections.abc import Iterator
from datetime import timedelta

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.log import said
from jobrunner.engine.doctor.patient import Patient

LATELY = timedelta(minutes=10)  # it is sent each minute


def look(patient: Patient) -> Iterator[Finding]:
    if not patient.config:
        return
    settings = patient.config.settings
    if not (settings.heartbeat or settings.heartbeat_file or settings.heartbeat_env):
        yield warning(
            "nothing tells you if this host stops ticking",
            'heartbeat = "https://..." in [settings]: a check at healthchecks.io, or alike',
        )
        return
    unheard = [line for line in said(patient, "warning", LATELY) if "heartbeat" in line]
    if unheard:
        yield problem(f"the heartbeat does not arrive: {shown(unheard[-1])}", "settings.heartbeat")
    else:
        yield ok("settings.heartbeat is told that this host goes on")

"""Whether anybody outside of this host would notice that it stands still."""

from collections.abc import Iterator

from jobrunner.engine.doctor.finding import Finding, ok, warning
from jobrunner.engine.doctor.patient import Patient


def look(patient: Patient) -> Iterator[Finding]:
    if not patient.config:
        return
    settings = patient.config.settings
    if settings.heartbeat or settings.heartbeat_file or settings.heartbeat_env:
        yield ok("settings.heartbeat is told of each look at the clock")
    else:
        yield warning(
            "nothing tells you if this host stops ticking",
            "settings.heartbeat = a healthchecks URL",
        )

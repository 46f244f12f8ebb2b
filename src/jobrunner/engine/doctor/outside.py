"""Whether anybody outside of this host would notice that it stands still."""

from collections.abc import Iterator

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.model.letter import HEARTBEAT


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
    known = patient.store.channel_figures().get(HEARTBEAT) if patient.store else None
    if known and known.error:
        yield problem(f"the heartbeat does not arrive: {shown(known.error)}", "settings.heartbeat")
    else:
        yield ok("settings.heartbeat is told that this host goes on")

"""Channels: whether anybody hears of a failure, and whether what was sent arrived."""

from collections.abc import Iterator
from datetime import datetime

from jobrunner.config.spelling import shown
from jobrunner.config.zone import host_zone
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.report.channels import ChannelEntry, see_channels
from jobrunner.words import some

SHOWN = 3


def look(patient: Patient) -> Iterator[Finding]:
    if not patient.config:
        return
    channels = patient.config.channels
    if not channels:
        yield warning(
            "nobody hears of a failure: there is no channel", "[notify.NAME] in jobs.toml"
        )
        return
    figures = patient.store.channel_figures() if patient.store else {}
    yield from map(_channel, see_channels(patient.config, figures))
    unheard = [job.name for job in patient.jobs if job.enabled and not job.notify]
    if unheard:
        yield warning(
            f"nobody hears of failures of {some(unheard, SHOWN)}",
            'notify = ["..."] in [defaults]',
        )


def _channel(found: ChannelEntry) -> Finding:
    name = f"{found.name} ({found.way})"
    fix = f"jobrunner notify test {found.name}"
    if found.status == "failing":
        never = "never delivered anything" if not found.sent else "does not deliver now"
        return problem(f"{name} {never}: {shown(found.last_error)}", fix)
    if found.last_sent_at is None:
        return warning(f"{name}: never used", fix)
    return ok(f"{name}: last sent {_told(found.last_sent_at)}, accepted")


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(host_zone().info):%a %Y-%m-%d %H:%M}"

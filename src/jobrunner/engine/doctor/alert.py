"""Channels: whether anybody hears of a failure, and whether what was sent arrived."""

from collections.abc import Iterator
from datetime import datetime

from jobrunner.config.spelling import shown
from jobrunner.config.zone import host_zone
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.store.value import ChannelFigures
from jobrunner.words import listed, numbered


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
    for name in channels:
        yield _channel(name, figures.get(name, ChannelFigures()))
    unheard = [job.name for job in patient.jobs if job.enabled and not job.notify]
    if unheard:
        some = listed(unheard[:3]) + (f" and {len(unheard) - 3} more" if unheard[3:] else "")
        yield warning(f"nobody hears when {some} fails", 'notify = ["..."] in [defaults]')


def _channel(name: str, known: ChannelFigures) -> Finding:
    if known.tries and known.error:
        message = f"{name}: not delivered, {numbered(known.tries, 'try')}: {shown(known.error)}"
        return problem(message.replace("trys", "tries"), f"jobrunner notify test {name}")
    if known.failed and not known.sent:
        message = f"{name}: never delivered; the last: {shown(known.error)}"
        return problem(message, f"jobrunner notify test {name}")
    if known.last_sent_at is None:
        return warning(f"{name}: never used", f"jobrunner notify test {name}")
    return ok(f"{name}: last sent {_told(known.last_sent_at)}, accepted")


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(host_zone().info):%a %Y-%m-%d %H:%M}"

"""The host's zone, the rules it is known by, and whether its clock is right."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from jobrunner.config.zone import host_zone
from jobrunner.engine.doctor.finding import Finding, ok, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.ticker import Host
from jobrunner.words import short

ZONES = "/usr/share/zoneinfo/tzdata.zi"
FIRST = "# version "
# Rules change a few times a year; so much later some zone has other ones.
YEARS = 2
MUCH = timedelta(seconds=1)
TOLD_BY_SYSTEMD = ("/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid")


def look(patient: Patient) -> Iterator[Finding]:
    yield from _zone(patient)
    yield from _clock(patient)


def _zone(patient: Patient) -> Iterator[Finding]:
    name = host_zone(patient.environ, Path(patient.host.root or "/")).name
    rules = rules_of(patient.host)
    text = f"{name}, tzdata {rules}" if rules else f"{name}, tzdata of unknown age"
    if rules[:4].isdigit() and int(rules[:4]) <= patient.now.year - YEARS:
        yield warning(f"{text}: the rules of some zones have changed since", "update tzdata")
    else:
        yield ok(text)


def rules_of(host: Host) -> str:
    """Which version of the world's time zones is used: "2026c"; '' if nothing tells."""
    first = (host.text(ZONES) or "").partition("\n")[0]
    if first.startswith(FIRST):
        return first.removeprefix(FIRST).strip()
    return str(getattr(sys.modules.get("tzdata"), "IANA_VERSION", ""))


def _clock(patient: Patient) -> Iterator[Finding]:
    kernel = patient.look.synchrony()
    if kernel is None and any(patient.host.text(path) is not None for path in TOLD_BY_SYSTEMD):
        yield ok("clock synchronised, as the host says")
    elif kernel is None:
        yield ok("whether the clock is synchronised cannot be told from here")
    elif not kernel.is_synchronised:
        yield warning(
            "the clock is not synchronised: slots come when it says, right or wrong",
            "timedatectl set-ntp true, or install chrony",
        )
    elif kernel.offset > MUCH:
        yield warning(f"the clock is {short(kernel.offset)} off and is being put right")
    else:
        yield ok(f"clock synchronised, offset {kernel.offset // timedelta(milliseconds=1)} ms")

"""The hosts that share the ledger: who is silent, who does something else, whose clock is off."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from jobrunner.config.spelling import shown
from jobrunner.engine.accord import fingerprint
from jobrunner.engine.doctor.finding import Finding, ok, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.fleet import shared
from jobrunner.engine.report.host import HostRow, Roster, of_fleet
from jobrunner.engine.report.moment import age
from jobrunner.engine.scene import host_of
from jobrunner.model.settings import Config
from jobrunner.words import listed, numbered

SKEW = 1.0  # seconds
LONG = timedelta(days=1)
OTHER = "another jobs.toml than most hosts"
OTHER_HERE = f"this host has {OTHER}"


def look(patient: Patient) -> Iterator[Finding]:
    fleet = shared(patient.store) if patient.store else None
    if fleet is None or patient.config is None:
        return
    roster = of_fleet(fleet, patient.config.cluster)
    hosts = [host for host in roster.hosts if host.state != "left"]
    if not hosts:
        yield warning("no host takes runs: a supervisor of each makes it known", "jobrunner tick")
        return
    found = [
        *_silent(hosts, roster.at),
        *_drained(hosts, roster.at),
        *_differing(roster, hosts, patient.config),
        *_versions(hosts),
        *_skewed(hosts),
    ]
    yield from found
    if not found:
        yield ok(f"{numbered(len(hosts), 'host')} with the same jobs.toml, none silent")


def _silent(hosts: Sequence[HostRow], at: datetime) -> Iterator[Finding]:
    for host in hosts:
        if host.state == "silent" and host.last_beat_at:
            name, since = shown(host.name), age(at - host.last_beat_at)
            yield warning(
                f"{name} was not heard of for {since}: its supervisor ended, or it is cut off",
                f"jobrunner hosts forget {name}" if at - host.last_beat_at > LONG else "",
            )


def _drained(hosts: Sequence[HostRow], at: datetime) -> Iterator[Finding]:
    for host in hosts:
        if host.drained_at and at - host.drained_at > LONG:
            name, by = shown(host.name), shown(host.drained_by)
            yield warning(
                f"{name} takes nothing new since {age(at - host.drained_at)}, as {by} asked",
                f"jobrunner drain {name} --off",
            )


def _differing(roster: Roster, hosts: Sequence[HostRow], config: Config) -> Iterator[Finding]:
    """Hosts whose jobs.toml is not what it should be; of this one the file counts, as it is now."""
    own, here = host_of(config.settings), fingerprint(config)
    others = [host for host in hosts if host.name != own and host.config]
    if not roster.agreed:
        names = [shown(host.name) for host in others if host.config != here]
        if names:
            yield warning(f"{listed(names)} and this host have not the same jobs.toml")
        return
    pull = "jobrunner config pull" if roster.newest else ""
    wanted = f"version {roster.newest}"
    if here != roster.agreed:
        told = f"jobs.toml on this host is not {wanted}" if roster.newest else OTHER_HERE
        yield warning(told, pull)
    for host in others:
        if not host.agrees:
            has = f"version {host.config_version}" if host.config_version else "another jobs.toml"
            told = f"{has}, and not {wanted}" if roster.newest else OTHER
            there = f"on {shown(host.name)}: {pull}" if pull else ""
            yield warning(f"{shown(host.name)} has {told}", there)


def _versions(hosts: Sequence[HostRow]) -> Iterator[Finding]:
    by_version: dict[str, list[str]] = {}
    for host in hosts:
        if host.state != "silent" and host.version:
            by_version.setdefault(host.version, []).append(shown(host.name))
    if len(by_version) > 1:
        told = "; ".join(
            f"{listed(names)}: {shown(version)}" for version, names in by_version.items()
        )
        yield warning(f"hosts run different versions of jobrunner: {told}")


def _skewed(hosts: Sequence[HostRow]) -> Iterator[Finding]:
    for host in hosts:
        if abs(host.skew_seconds) > SKEW and host.state != "silent":
            way = "ahead of" if host.skew_seconds > 0 else "behind"
            yield warning(
                f"the clock of {shown(host.name)} is {abs(host.skew_seconds):.1f}s {way} the"
                " database's: slots go by the database's, the host's own logs do not",
                f"on {shown(host.name)}: chronyc makestep",
            )

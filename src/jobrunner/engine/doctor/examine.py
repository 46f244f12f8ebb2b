"""Looks at every matter in turn; whatever one of them runs into, the others are looked at."""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.config.spelling import shown, unknown
from jobrunner.engine.doctor import (
    alert,
    change,
    claims,
    collision,
    configuration,
    database,
    deadline,
    host,
    limit,
    outside,
    ownership,
    pausing,
    program,
    shell,
    storage,
    supervising,
    ticking,
    zone,
)
from jobrunner.engine.doctor.finding import Finding, problem, warning
from jobrunner.engine.doctor.patient import Look, Patient, told
from jobrunner.engine.ticker import installed
from jobrunner.errors import JobrunnerError, UnknownError, UnusableError

Check = Callable[[Patient], Iterator[Finding]]


class Matter(Struct, frozen=True):
    """What is looked at, below which heading, and whether it is about single jobs."""

    group: str
    name: str
    look: Check
    is_of_jobs: bool = False


MATTERS = (
    Matter("Configuration", "configuration", configuration.look),
    Matter("Configuration", "timeout", deadline.look, is_of_jobs=True),
    Matter("Configuration", "program", program.look, is_of_jobs=True),
    Matter("Configuration", "environment", shell.look, is_of_jobs=True),
    Matter("Configuration", "collision", collision.look, is_of_jobs=True),
    Matter("Configuration", "pause", pausing.look, is_of_jobs=True),
    Matter("Clock and zone", "zone", zone.look),
    Matter("Clock and zone", "clock_change", change.look, is_of_jobs=True),
    Matter("Ticker", "ticker", ticking.look),
    Matter("Supervisor", "supervisor", supervising.look),
    Matter("Supervisor", "limit", limit.look),
    Matter("Hosts", "host", host.look),
    Matter("Hosts", "claims", claims.look),
    Matter("Storage", "disk", storage.look),
    Matter("Storage", "database", database.look),
    Matter("Storage", "ownership", ownership.look),
    Matter("Alerts", "alert", alert.look),
    Matter("Outside watch", "outside", outside.look),
)


def examine(look: Look) -> list[Finding]:
    """Everything that is found, in the order of the headings; nothing is changed by looking.

    With a job, only what is about it.  UnknownError if there is no such job; all else that is wrong
    is a finding.
    """
    try:
        patient = Patient(look)
    except UnusableError as error:
        return list(_nowhere(error, look))
    _refuse_unknown(patient, look.job)
    with patient.opened():
        return [each for matter in MATTERS for each in _looked(matter, patient)]


def _nowhere(error: UnusableError, look: Look) -> Iterator[Finding]:
    """Without a jobs.toml there is nothing to look at but what ticks, which names others."""
    message, fix = told(error)
    found = [problem(shown(message), fix)]
    for ticker in installed(look.host):
        if ticker.config:
            said = f"{ticker.told} sees to {shown(ticker.config)}"
            found.append(warning(said, f"jobrunner -c {ticker.config} doctor"))
    for each in found:
        yield replace(each, group="Configuration", check="configuration")


def _looked(matter: Matter, patient: Patient) -> list[Finding]:
    is_wanted = matter.is_of_jobs or (matter.look is configuration.look and patient.problem)
    if patient.look.job and not is_wanted:
        return []
    try:
        found = list(matter.look(patient))
    except (JobrunnerError, OSError) as error:
        found = [warning(f"{matter.name} could not be looked at: {shown(str(error))}")]
    except Exception as error:  # noqa: BLE001 - one matter never keeps the others from being seen
        found = [problem(f"{matter.name} could not be looked at, which is a bug: {error!r}")]
    return [replace(each, group=matter.group, check=matter.name) for each in found]


def _refuse_unknown(patient: Patient, job: str | None) -> None:
    if job is None or patient.config is None or job in patient.config.jobs:
        return
    raise UnknownError(unknown("job", job, patient.config.jobs))

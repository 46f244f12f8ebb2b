"""What the host allows: descriptors for so many runs, a cgroup for each."""

import os
import resource
from collections.abc import Iterator

from jobrunner.engine.doctor.finding import Finding, ok, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.lobby import DESCRIPTORS
from jobrunner.process import cgroup
from jobrunner.process.descriptor import OUR_OWN


def look(patient: Patient) -> Iterator[Finding]:
    yield from _descriptors(patient)
    yield _cgroup()


def _descriptors(patient: Patient) -> Iterator[Finding]:
    most = patient.config.settings.max_parallel if patient.config else 0
    hard = _hard(patient)
    needed = most * DESCRIPTORS + OUR_OWN
    if most and hard < needed:
        possible = max(1, (hard - OUR_OWN) // DESCRIPTORS)
        yield warning(
            f"max_parallel = {most} needs {needed:,} descriptors, and {hard:,} are allowed:"
            f" {possible:,} run at once, the others wait",
            "LimitNOFILE= in the unit, or ulimit -Hn",
        )
    elif most:
        allowed = "any number of" if hard == resource.RLIM_INFINITY else f"{hard:,}"
        yield ok(f"max_parallel = {most}: {needed:,} descriptors of {allowed} that are allowed")


def _hard(patient: Patient) -> int:
    """The hard limit of the supervisor that is awake, else ours."""
    text = patient.host.text(f"/proc/{patient.supervisor}/limits") if patient.supervisor else None
    line = next((one for one in (text or "").splitlines() if one.startswith("Max open files")), "")
    words = line.split()
    found = words[4] if len(words) > 4 else ""  # noqa: PLR2004 - Max open files SOFT HARD
    if found.isdigit():
        return int(found)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return (2**63 - 1) if hard == resource.RLIM_INFINITY else hard


def _cgroup() -> Finding:
    home = cgroup.home()
    if home is not None and os.path.exists(home / cgroup.KILL):  # noqa: PTH110 - a path already
        return ok("each run gets a cgroup of its own: a stop ends all of it at once")
    return ok(
        "no cgroup can be had from here: a stop finds what belongs to a run by session, descent and"
        " marker; strict_kill = true finds the rest"
    )

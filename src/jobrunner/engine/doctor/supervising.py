"""The supervisor: whether it is awake and answers, which code it runs, what it complained of."""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from jobrunner.config.spelling import shown
from jobrunner.engine import glance
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.log import path_of, said
from jobrunner.engine.doctor.patient import Patient, told
from jobrunner.engine.wake import poke
from jobrunner.engine.watch import code_version
from jobrunner.errors import BusyError
from jobrunner.process.birth import status
from jobrunner.words import numbered

PATIENCE = 2.0  # seconds
DAY = timedelta(days=1)
TEMPORARY = re.compile(r"(?:glance|plan|boot)\.(\d+)")
SPOOL = re.compile(r"(\d+)-\d+(?:\.stop)?")
ORPHANED = timedelta(days=2)


def look(patient: Patient) -> Iterator[Finding]:
    folder = f"{patient.state.folder}/run"
    if not os.path.isdir(folder):  # noqa: PTH112 - paths are strings here
        return
    if not os.access(folder, os.R_OK | os.X_OK, effective_ids=True):
        yield ok(f"the supervisor is {patient.owner_name}'s: nobody else may look", job=None)
        return
    yield from _life(patient)
    yield from _complaints(patient)
    yield from _leftovers(patient, folder)


def _life(patient: Patient) -> Iterator[Finding]:
    try:
        answer = poke(patient.state, "look", PATIENCE)
    except BusyError as error:
        yield problem(*told(error))
        return
    pid = patient.supervisor
    if answer is None and pid is not None:
        yield problem(
            f"process {pid} holds the supervisor's lock and answers nobody", f"kill {pid}"
        )
    elif answer is None and patient.is_shared:
        yield warning(
            "no supervisor is awake, and this host takes no runs: the next tick starts it"
        )
    elif answer is None:
        yield ok("the supervisor is asleep: the next tick that finds work starts it")
    else:
        yield from _awake(patient, pid)


def _awake(patient: Patient, pid: int | None) -> Iterator[Finding]:
    note = glance.read(patient.state.folder)
    process = f", process {pid}" if pid else ""
    if note and note.code != code_version():
        message = f"the supervisor{process} runs {note.code}, and {code_version()} is installed"
        yield warning(f"{message}: it changes over when it is woken next")
    else:
        yield ok(f"the supervisor is awake{process}")


def _complaints(patient: Patient) -> Iterator[Finding]:
    errors = said(patient, "error", DAY)
    if errors:
        message = f"{numbered(len(errors), 'error')} in 24h; the last: {shown(errors[-1])}"
        yield warning(message, f"less {path_of(patient)}")


def _leftovers(patient: Patient, folder: str) -> Iterator[Finding]:
    """Files of processes that are gone, and of attempts that nobody will end any more."""
    found = [name for name in _names(folder) if _is_dead(TEMPORARY.fullmatch(name))]
    live = {run.id for run in patient.store.live()} if patient.store else None
    spooled = [name for name in _names(f"{folder}/spool") if live is not None]
    for name in spooled:
        matched = SPOOL.fullmatch(name)
        if matched and live is not None and int(matched[1]) not in live:
            found += [f"spool/{name}"] if _is_old(f"{folder}/spool/{name}", patient.now) else []
    if found:
        shell = " ".join(f"{folder}/{name}" for name in found[:3])
        more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""  # noqa: PLR2004 - as above
        yield warning(f"{numbered(len(found), 'stale file')} in {folder}", f"rm {shell}{more}")


def _is_dead(matched: re.Match[str] | None) -> bool:
    return matched is not None and status(int(matched[1])) is None


def _is_old(path: str, now: datetime) -> bool:
    try:
        changed = os.stat(path).st_mtime  # noqa: PTH116 - paths are strings here
    except OSError:
        return False
    return now.timestamp() - changed > ORPHANED.total_seconds()


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return []

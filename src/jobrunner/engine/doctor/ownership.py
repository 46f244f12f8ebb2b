"""Owners and modes: what root reads nobody else may write, and what is secret nobody may read."""

import os
import stat
from collections.abc import Iterator

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.state import MODES
from jobrunner.jobfile.trust import user_name
from jobrunner.store.sqlite.place import FILE_MODE

OTHERS = 0o007
SECRET_FILES = ("store_file", "claims_file")


def look(patient: Patient) -> Iterator[Finding]:
    folder = patient.state.folder
    yield from _open_secrets(patient)
    if not patient.has_state:
        return
    found = [*_modes(folder), *_owners(folder, patient)]
    yield from found
    if not found:
        yield ok(f"owners and modes are right, all {patient.owner_name}'s")


def _open_secrets(patient: Patient) -> Iterator[Finding]:
    """Files with the URL of a ledger or of claims that anybody may read: it may hold a password."""
    settings = patient.config.settings if patient.config else None
    for key in SECRET_FILES if settings else ():
        path = getattr(settings, key)
        status = _status(path) if path else None
        if status is not None and status.st_mode & stat.S_IROTH:
            yield warning(
                f"{shown(path)} ({key}) has mode {stat.S_IMODE(status.st_mode):04o}:"
                " anybody may read the password in it",
                f"chmod o= {path}",
            )


def _modes(folder: str) -> Iterator[Finding]:
    """A place that more people may use than it is meant for."""
    expected = {"db/ledger.db": FILE_MODE, **MODES}
    for name, mode in expected.items():
        path = f"{folder}/{name}"
        status = _status(path)
        if status is None:
            continue
        extra = stat.S_IMODE(status.st_mode) & ~mode & 0o777
        if extra & 0o022 or (extra and name.startswith("run")):
            yield problem(
                f"{shown(path)} has mode {stat.S_IMODE(status.st_mode):04o}: others may use it",
                f"chmod {mode:04o} {path}",
            )
        elif extra & OTHERS:
            yield warning(
                f"{shown(path)} has mode {stat.S_IMODE(status.st_mode):04o}: anybody may look",
                f"chmod {mode:04o} {path}",
            )


def _owners(folder: str, patient: Patient) -> Iterator[Finding]:
    """Parts that are not the owner's: he cannot go on with them."""
    names = (*MODES, *("db/ledger.db", "db/ledger.db-wal", "db/ledger.db-shm", "run/plan"))
    wrong = {}
    for name in names:
        status = _status(f"{folder}/{name}")
        if status is not None and status.st_uid != patient.owner:
            wrong[name] = status.st_uid
    if wrong:
        whose = user_name(next(iter(wrong.values())))
        owner = patient.owner_name
        yield problem(
            f"{', '.join(wrong)} in {shown(folder)} belong to {whose}, and the folder to {owner}",
            f"sudo chown -R {owner} {folder}",
        )


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None

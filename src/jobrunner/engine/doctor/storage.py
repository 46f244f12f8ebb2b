"""The disk under the state folder: its kind, and what room it has."""

import os
from collections.abc import Iterator
from pathlib import Path

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.report.words import readable
from jobrunner.store.sqlite.place import SHARED_FILE_SYSTEMS, file_system

MOUNTS = Path("/proc/self/mountinfo")
LITTLE = 1 << 30
TOO_LITTLE = 64 << 20
FEW = 10_000
TOO_FEW = 500
PASSING = {
    "tmpfs": "lies in memory, and is gone when the host starts again",
    "ramfs": "lies in memory, and is gone when the host starts again",
    "overlay": "lies in a container's own layer, and is gone with the container",
}


def look(patient: Patient) -> Iterator[Finding]:
    folder = _existing(patient.state.folder)
    kind = file_system(os.stat(folder).st_dev, MOUNTS.read_text(errors="replace"))  # noqa: PTH116
    if kind in SHARED_FILE_SYSTEMS:
        message = f"{shown(folder)} lies on {kind}, where locks do not hold between hosts"
        yield problem(message, "settings.state_dir on a disk of this host")
    elif kind in PASSING:
        yield warning(f"{shown(folder)} {PASSING[kind]} ({kind})", "settings.state_dir elsewhere")
    yield from _room(folder, kind, patient)


def _existing(folder: str) -> str:
    """The folder, or where it will be made."""
    path = Path(folder)
    return str(next((each for each in (path, *path.parents) if each.exists()), path))


def _room(folder: str, kind: str, patient: Patient) -> Iterator[Finding]:
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    inodes = found.f_favail if found.f_files else FEW
    fix = "jobrunner db prune, or settings.retention, or a larger disk"
    if found.f_flag & os.ST_RDONLY:
        yield problem(f"{shown(folder)} is mounted read-only", "look in dmesg why")
    if free < TOO_LITTLE:
        yield problem(f"only {readable(free)} are free at {shown(folder)}", fix)
    elif free < LITTLE:
        yield warning(f"{readable(free)} are free at {shown(folder)}", fix)
    if inodes < TOO_FEW:
        yield problem(f"only {inodes:,} more files can be made at {shown(folder)} (inodes)", fix)
    elif inodes < FEW:
        yield warning(f"{inodes:,} more files can be made at {shown(folder)} (inodes)", fix)
    if free >= LITTLE and inodes >= FEW:
        disk = f", {kind}" if kind else ""
        size = _size(patient.state.folder)
        taken = readable(size) if size else "not there yet"
        yield ok(f"{shown(patient.state.folder)}: {taken}, {readable(free)} free{disk}")


def _size(folder: str) -> int:
    """The room that all below it takes, as far as it can be seen."""
    total = 0
    for root, _, files in os.walk(folder, onerror=lambda _: None):
        for name in files:
            try:
                total += os.lstat(f"{root}/{name}").st_blocks * 512
            except OSError:
                continue
    return total

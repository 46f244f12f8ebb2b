"""What the supervisor, and what it has others send, wrote into its log lately."""

import os
from datetime import timedelta
from pathlib import Path

from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.record import Level, parsed

LATELY = 65536  # bytes
# A FIFO in its place must not hang who looks.
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def path_of(patient: Patient) -> Path:
    return Path(patient.state.folder, "run/supervisor.log")


def said(patient: Patient, level: Level, within: timedelta) -> list[str]:
    """The lines of a level that are no older, oldest first; none where we may not read it."""
    try:
        with open(os.open(path_of(patient), READ), "rb") as file:  # noqa: PTH123 - a descriptor
            file.seek(max(0, file.seek(0, os.SEEK_END) - LATELY))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    since = patient.now - within
    found = [record for line in text.splitlines() if (record := parsed(line))]
    return [each.text for each in found if each.level == level and each.at >= since]

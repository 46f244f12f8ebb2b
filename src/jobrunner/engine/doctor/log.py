"""What the supervisor, and what it has others send, wrote into its log lately."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobrunner.engine.diary import Level
from jobrunner.engine.doctor.patient import Patient

LATELY = 65536  # bytes
# A FIFO in its place must not hang who looks.
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
LINE = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\w+) (.*)$", re.MULTILINE)


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
    found = LINE.findall(text)
    return [what for at, found_level, what in found if found_level == level and _at(at) >= since]


def _at(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:  # a day that there is not
        return datetime.min.replace(tzinfo=UTC)

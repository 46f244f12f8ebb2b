"""The configuration in use: found, read safely and understood."""

import sys

from jobrunner import config
from jobrunner.errors import UnusableError
from jobrunner.jobfile.disk import MOST_BYTES, Disk
from jobrunner.jobfile.place import Asker, find_jobs
from jobrunner.model.settings import Config

STDIN = "-"


def load(option: str | None, asker: Asker, disk: Disk | None = None) -> Config:
    """What the file that `option` or habit names says; `-` reads it from standard input."""
    disk = disk or Disk(asker.uid)
    if option == STDIN:
        return config.parse(_piped(), "<stdin>", disk)
    path = find_jobs(option, asker).path
    return config.parse(disk.read(path), path, disk)


def _piped() -> bytes:
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableError(f"standard input cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise UnusableError(f"standard input is over {MOST_BYTES >> 20} MiB.")
    return content

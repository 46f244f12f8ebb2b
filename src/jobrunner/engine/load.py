"""The configuration in use: found, read safely and understood."""

import sys

from jobrunner import config
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker, find_jobs
from jobrunner.model.settings import Config

STDIN = "-"


def load(option: str | None, asker: Asker) -> Config:
    """What the file that `option` or habit names says; `-` reads it from standard input."""
    disk = Disk(asker.uid)
    if option == STDIN:
        return config.parse(sys.stdin.buffer.read(), "<stdin>", disk)
    path = find_jobs(option, asker).path
    return config.parse(disk.read(path), path, disk)

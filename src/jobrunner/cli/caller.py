"""Who calls a command, and from where."""

import os
from pathlib import Path

from jobrunner.jobfile.place import Asker

GONE = "/proc/self/cwd"


def asker() -> Asker:
    """The user and folder of this process."""
    return Asker(environ=os.environ, cwd=_folder(), uid=os.geteuid())


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it is deleted: nothing is found in it, but other places can be named
        return GONE

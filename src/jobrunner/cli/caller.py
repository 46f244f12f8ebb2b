"""Who calls a command, and from where."""

import os
from pathlib import Path

from jobrunner.jobfile.place import Asker


def asker() -> Asker:
    """The user and folder of this process."""
    return Asker(environ=os.environ, cwd=str(Path.cwd()), uid=os.geteuid())

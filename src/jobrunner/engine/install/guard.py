"""One installation at a time: a file lock for root, and one for each user."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobrunner.jobfile.lock import locked
from jobrunner.jobfile.place import Asker

PATIENCE = 10.0
NAME = "jobrunner-install"


@contextmanager
def guarded(asker: Asker, folder: str = "/run") -> Iterator[None]:
    """Be the only one who installs; BusyError if another one is at it for longer than a moment."""
    own = asker.environ.get("XDG_RUNTIME_DIR", "")
    if asker.uid and own and os.access(own, os.W_OK):
        folder = own
    elif asker.uid:
        folder = f"{asker.environ.get('HOME', '/')}/.local/state/jobrunner"
        Path(folder).mkdir(0o700, parents=True, exist_ok=True)
    with locked(f"{folder}/{NAME}", asker.uid, PATIENCE):
        yield

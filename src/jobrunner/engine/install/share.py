"""Lets the user who serves the page into the ledger and the output of jobs, by his group."""

import os
import pwd

from jobrunner.engine.state import State, prepare

SHARED = ("db", "output")


def share(state: State, uid: int) -> None:
    """Give both to his group, with all that is in them; root does that, of what is root's.

    What comes later is of the same group by itself: the folders are made so.
    """
    group = pwd.getpwuid(uid).pw_gid
    prepare(state)
    for name in SHARED:
        for folder, _, files in os.walk(f"{state.folder}/{name}"):
            for path in (folder, *(f"{folder}/{file}" for file in files)):
                # He may have put a link there.
                os.chown(path, -1, group, follow_symlinks=False)

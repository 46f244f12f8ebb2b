"""Lines of a crontab that jobs have taken the place of: commented out, and a copy kept."""

import os
from datetime import datetime
from itertools import count
from pathlib import PurePath

from jobrunner.config.spelling import shown
from jobrunner.engine.draft.create import make_folder
from jobrunner.engine.move.tab import Tab
from jobrunner.errors import UnusableError

MARK = b"#jobrunner# "
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def commented(content: bytes, old: frozenset[int]) -> bytes:
    """The same lines, those with these numbers (from 1) as comments."""
    lines = content.split(b"\n")
    return b"\n".join(
        MARK + line if number in old else line for number, line in enumerate(lines, start=1)
    )


def keep(tab: Tab, folder: str, now: datetime, uid: int) -> str:
    """A copy of the crontab, byte for byte, readable by its keeper alone; where it is."""
    name = PurePath(tab.path).name if tab.path else f"crontab-{tab.owner or 'own'}"
    stem = f"{folder}/{name}.{now:%Y%m%d-%H%M%S}"
    make_folder(stem, uid)
    for path in (stem if number == 1 else f"{stem}-{number}" for number in count(1)):
        try:
            file = os.open(path, NEW, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise UnusableError(f"{shown(path)} cannot be made: {error.strerror}.") from error
        with os.fdopen(file, "wb") as stream:
            stream.write(tab.content)
            stream.flush()
            os.fsync(file)
        return path
    raise AssertionError

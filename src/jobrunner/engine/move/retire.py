"""Lines of a crontab that jobs have taken the place of: commented out, and a copy kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import PurePath

from jobrunner.config.spelling import shown
from jobrunner.engine.move.tab import Tab
from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.formats.cronline import RETIRED
from jobrunner.jobfile.trust import user_name

FOLDER = "import"
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def commented(content: bytes, old: frozenset[int]) -> bytes:
    """The same lines, those with these numbers (from 1) as comments."""
    lines = content.split(b"\n")
    return b"\n".join(
        RETIRED + line if number in old else line for number, line in enumerate(lines, start=1)
    )


def keep(tab: Tab, state: str, now: datetime) -> str:
    """A copy of the crontab, byte for byte, readable by its keeper alone; where it is."""
    name = PurePath(tab.path).name if tab.path else f"crontab-{tab.owner or 'own'}"
    try:
        with _folder(state) as folder:
            name = _write(f"{name}.{now:%Y%m%d-%H%M%S}", tab.content, folder)
    except OSError as error:
        where = shown(f"{state}/{FOLDER}")
        reason = f"a copy cannot be kept in {where}: {error.strerror}"
        raise UnusableError(f"{reason}. Nothing was changed.") from error
    return f"{state}/{FOLDER}/{name}"


@contextmanager
def _folder(state: str) -> Iterator[int]:
    """The folder of copies: one's own, also where the state folder is somebody else's."""
    os.makedirs(state, 0o755, exist_ok=True)  # noqa: PTH103 - paths are strings here
    above = os.open(state, OPEN)
    try:
        if not os.access(FOLDER, os.F_OK, dir_fd=above, follow_symlinks=False):
            os.mkdir(FOLDER, 0o700, dir_fd=above)
        folder = os.open(FOLDER, OPEN | os.O_NOFOLLOW, dir_fd=above)
    finally:
        os.close(above)
    try:
        owner = os.fstat(folder).st_uid
        if owner != os.geteuid():
            where = shown(f"{state}/{FOLDER}")
            raise ForbiddenError(
                f"{where} belongs to {user_name(owner)}, who could take copies away.\n"
                f"Move it away: mv {where} {where}.old"
            )
        yield folder
    finally:
        os.close(folder)


def _write(stem: str, content: bytes, folder: int) -> str:
    for name in (stem if number == 1 else f"{stem}-{number}" for number in count(1)):
        try:
            file = os.open(name, NEW, 0o600, dir_fd=folder)
        except FileExistsError:
            continue
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(file)
        os.fsync(folder)
        return name
    raise AssertionError

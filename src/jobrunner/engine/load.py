"""The configuration in use: found, read safely and understood."""

import sys
from pathlib import Path
from shlex import quote

from jobrunner import config
from jobrunner.errors import UnusableError
from jobrunner.jobfile.disk import MOST_BYTES, Disk
from jobrunner.jobfile.place import Asker, find_jobs
from jobrunner.jobfile.trust import shown
from jobrunner.model.settings import Config

STDIN = "-"


def load(option: str | None, asker: Asker, disk: Disk | None = None) -> Config:
    """What the file that `option` or habit names says; `-` reads it from standard input."""
    disk = disk or Disk(asker.uid)
    if option == STDIN:
        return config.parse(_piped(), "<stdin>", disk)
    path = find_jobs(option, asker).path
    return config.parse(_read(path, disk), path, disk)


def _read(path: str, disk: Disk) -> bytes:
    if not _is_text(path):
        raise UnusableError(
            f"{shown(path)} is not UTF-8, and the ledger keeps it with every job.\n"
            "Give that folder or file another name"
        )
    try:
        return disk.read(path)
    except UnusableError as error:
        is_missing = isinstance(error.__cause__, FileNotFoundError)
        if not is_missing or not Path(path).parent.resolve().is_dir():
            raise
        hint = f"Create it: jobrunner init --path {quote(shown(path))}"
        raise UnusableError(f"{error}\n{hint}") from error.__cause__


def _is_text(path: str) -> bool:
    """Whether it is UTF-8; bytes that are not come as surrogates."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _piped() -> bytes:
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableError(f"standard input cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise UnusableError(f"standard input is over {MOST_BYTES >> 20} MiB.")
    return content

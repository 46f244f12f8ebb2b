"""Which ledger it is: a number in the database and in a file beside it, which have to agree.

A database that was swapped, or emptied and made anew, is told from the one it replaced.
"""

import os
from pathlib import Path

from jobrunner.errors import StoreDamagedError
from jobrunner.store.sqlite.fault import refusal
from jobrunner.store.sqlite.place import FILE_MODE, beside

LENGTH = 32


def new() -> str:
    return os.urandom(LENGTH // 2).hex()


def read(path: Path) -> str | None:
    """What the file says; None if there is none.  The file is a plain one of a few bytes."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refusal(error, path) from error
    with os.fdopen(handle, "rb") as file:
        return file.read(LENGTH + 1).decode("ascii", "replace").strip()


def write(path: Path, instance: str) -> None:
    """Write it under another name first, so that it is whole or not there."""
    temporary = beside(path, f".{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), FILE_MODE)
            file.write(instance.encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise refusal(error, path) from error
    sync_folder(path.parent)


def agree(path: Path, instance: str) -> None:
    """Raise unless the file beside the database names the same ledger; make it if there is none."""
    noted = read(path)
    if noted is None:
        write(path, instance)
    elif noted != instance:
        raise StoreDamagedError(
            f"{path.with_suffix('')}: another ledger ({instance}) lies where {noted} was."
            f" If you put it there, remove {path.name}"
        )


def sync_folder(folder: Path) -> None:
    """Make what was renamed in the folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

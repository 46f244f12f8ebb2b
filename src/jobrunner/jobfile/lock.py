"""The lock beside a file that is edited: one editor at a time, and the others are told who."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath

from filelock import FileLock, Timeout

from jobrunner.errors import BusyError, ForbiddenError, UnusableError
from jobrunner.jobfile.trust import shown, user_name

NOTE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def locked(path: str, uid: int, patience: float) -> Iterator[None]:
    """Be the only editor of the file; BusyError if another one is, for longer than `patience`.

    The lock file stays: to remove it would let two editors in.
    """
    place = PurePath(path)
    lock = place.with_name(f".{place.name}.lock")
    try:
        held = FileLock(lock, mode=0o600).acquire(timeout=patience)
    except Timeout as error:
        raise BusyError(f"{shown(path)} is being edited{_by_whom(lock)}.") from error
    except OSError as error:
        kind = ForbiddenError if isinstance(error, PermissionError) else UnusableError
        reason = f"{shown(str(lock))}: {error.strerror}"
        raise kind(f"{shown(path)} cannot be edited: {reason}.") from error
    with held:
        with suppress(OSError):  # on a full disk the others are not told who it is
            _sign(lock, f"{user_name(uid)}, process {os.getpid()}")
        yield


def _sign(lock: PurePath, who: str) -> None:
    file = os.open(lock, os.O_WRONLY | NOTE)
    try:
        status = os.fstat(file)
        # One with a second name could be any file of root's, put here by somebody else.
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            os.ftruncate(file, 0)
            os.write(file, who.encode())
    finally:
        os.close(file)


def _by_whom(lock: PurePath) -> str:
    try:
        file = os.open(lock, os.O_RDONLY | NOTE)
    except OSError:
        return ""
    try:
        return f" by {shown(os.read(file, 200).decode(errors='replace'))}"
    finally:
        os.close(file)

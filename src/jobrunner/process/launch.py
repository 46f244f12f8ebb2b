"""What to start: a value that says all of it, and what can be seen to be wrong with it."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from jobrunner.model.job import Limits
from jobrunner.process.failure import Failure, at
from jobrunner.process.identity import Identity

Capture = Literal["both", "stdout", "stderr", "none"]

# What says for certain that nothing is there.  Others may see more than we do: a home on NFS.
ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
# Where a shell looks that is told nothing.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Launch(Struct, frozen=True, kw_only=True):
    """One command, and everything around it.

    `spool` and `output` are open descriptors that stay the caller's, as does `lock`, which the
    command inherits.  `soft_files` is the soft limit of descriptors from before the caller raised
    its own.  `cgroup` is a folder that the command is put into.  With `is_strict` the keeper is
    the parent of every orphan of the command, so that none gets lost while it lives.  `tag`, digits
    and dashes, is stored with the exit code: it tells whose it is.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    spool: int
    output: int
    capture: Capture = "both"
    stdin: bytes = b""
    lock: int | None = None
    identity: Identity | None = None
    umask: int = 0o022
    limits: Limits = Limits()
    soft_files: int | None = None
    cgroup: str = ""
    is_strict: bool = False
    tag: str = ""


def obstacle(launch: Launch) -> Failure | None:
    """What surely keeps the command from starting; what only its user can tell, its keeper does."""
    if not launch.argv or not launch.argv[0]:
        return Failure(errno.EINVAL, "there is no command")
    if not launch.cwd.startswith("/"):
        return Failure(errno.EINVAL, f"{launch.cwd}: not an absolute path")
    try:
        return _folder(launch.cwd) or _program(launch)
    except ValueError as error:  # a NUL or half a character in a path
        return Failure(errno.EINVAL, f"cannot be started: {error}")


def _folder(cwd: str) -> Failure | None:
    found = _look(cwd)
    if isinstance(found, int):
        return Failure(found, _told(cwd, found)) if found in ABSENT else None
    is_folder = stat.S_ISDIR(found.st_mode)
    return None if is_folder else Failure(errno.ENOTDIR, f"{cwd} is not a folder (cwd)")


def _told(cwd: str, number: int) -> str:
    if number == errno.ENOENT:
        return f"the folder {cwd} is not there (cwd)"
    return f"the folder {cwd} cannot be entered (cwd): {os.strerror(number)}"


def _program(launch: Launch) -> Failure | None:
    """A name without a slash is missing if it is in none of the places, forbidden if in one."""
    failures = [_executable(path) for path in _places(launch)]
    if None in failures:
        return None
    if "/" in launch.argv[0]:
        return failures[0]
    forbidden = (failure for failure in failures if failure and failure.errno == errno.EACCES)
    return next(forbidden, at(launch.argv[0], errno.ENOENT))


def _places(launch: Launch) -> Iterator[str]:
    program = launch.argv[0]
    folders = [""] if "/" in program else launch.env.get("PATH", SYSTEM_PATH).split(":")
    return (os.path.join(launch.cwd, folder, program) for folder in folders)  # noqa: PTH118 - quick


def _executable(path: str) -> Failure | None:
    found = _look(path)
    if isinstance(found, int):
        return at(path, found) if found in ABSENT else None
    runs = stat.S_ISREG(found.st_mode) and found.st_mode & 0o111
    return None if runs else at(path, errno.EACCES)


def _look(path: str) -> os.stat_result | int:
    try:
        return os.stat(path)  # noqa: PTH116 - a thousand starts a minute
    except OSError as error:
        return error.errno or errno.EIO

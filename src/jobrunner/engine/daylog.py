"""A file of `log_dir`: appended to, and removed when it is old, if it is ours."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NAME = re.compile(r"(.+)-\d{4}-\d\d-\d\d\.log", re.DOTALL)
HEAD = b"=== "
MOST_HEAD = 256  # bytes, enough for the first line of a file of ours
FOLDER_MODE = 0o750
FILE_MODE = 0o640


def path_of(folder: str, job: str, ended_at: datetime) -> str:
    """The file of the day on which an attempt ended where its job is: those of older days stay."""
    return f"{folder}/{job}-{ended_at:%Y-%m-%d}.log"


def append(path: str, pieces: Iterable[bytes]) -> Iterator[None]:
    """Write piece by piece at the end of the file, all of them or none."""
    folder = os.path.dirname(path)  # noqa: PTH120 - paths are strings here
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)  # noqa: PTH102 - see above
        os.chmod(folder, FOLDER_MODE)  # noqa: PTH101 - see above
    file = os.open(path, APPEND, 0o600)
    try:
        size = _checked(file, path)
        if not size:
            os.fchmod(file, FILE_MODE)  # whatever the umask is
        try:
            for piece in pieces:
                _write(file, piece)
                yield
        except OSError:
            os.ftruncate(file, size)
            raise
    finally:
        os.close(file)


def remove_old(folder: str, now: datetime, age: timedelta) -> int:
    """Remove the files of ours in which nothing was written for so long; how many that were."""
    removed = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = NAME.fullmatch(entry.name)
            if match and _is_older(entry, now, age) and _is_ours(entry.path, match[1]):
                with suppress(OSError):
                    os.unlink(entry.path)  # noqa: PTH108 - paths are strings here
                    removed += 1
    return removed


def _is_older(entry: "os.DirEntry[str]", now: datetime, age: timedelta) -> bool:
    return now.timestamp() - entry.stat(follow_symlinks=False).st_mtime > age.total_seconds()


def _is_ours(path: str, job: str) -> bool:
    """Whether it begins as a file of this job's does: the folder may hold logs of others."""
    try:
        file = os.open(path, READ)
    except OSError:
        return False
    try:
        first = os.read(file, MOST_HEAD).partition(b"\n")[0]
    except OSError:  # a folder
        return False
    finally:
        os.close(file)
    return first.startswith(HEAD) and b" %s #" % job.encode() in first


def _checked(file: int, path: str) -> int:
    """How long it is, if it is a file that nobody else can have put there to be written to."""
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_uid != os.geteuid():
        raise PermissionError(0, f"{path} is not a file of jobrunner's")
    return found.st_size


def _write(file: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(file, piece) :]

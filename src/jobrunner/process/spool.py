"""The file in which a keeper leaves its command's exit code for whoever looks after it by then.

It is made and filled before the start and overwritten in place: a disk that is full by the end of
the command has room for the code.  Only its owner, the supervisor's user, may open it.

The keeper writes its spool's name behind the code: after a power cut a file that was used again may
hold what was stored in it before, for another attempt.
"""

import errno
import os
import re
import signal
import stat

from msgspec import Struct

from jobrunner.process.keeper import REFUSED

BLANK = b"unfinished" + b" " * 53 + b"\n"
MOST = 256
PRIVATE = stat.S_IFREG | 0o600
CODE = re.compile(rb"(\d{1,3})(?: ([0-9-]{1,40}))?\n")
REFUSAL = re.compile(REFUSED.encode() + rb" ([a-z_]{1,20})(?: ([0-9-]{1,40}))?\n")
SIGNALLED = 128
LAST_CODE = 255
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Unfinished(Struct, frozen=True):
    """Nothing was stored: the keeper is still there, or ended without a word."""


class Code(Struct, frozen=True):
    """The exit code of a command, as a shell tells it."""

    code: int

    def __str__(self) -> str:
        """In words; a shell says 128 + N for signal N, as a command may itself."""
        try:
            name = signal.Signals(self.code - SIGNALLED).name
        except ValueError:
            return f"exit {self.code}"
        return f"{name} or exit {self.code}"


class Refused(Struct, frozen=True):
    """The keeper could not start the command: `what` of its setting stood in the way."""

    what: str


class Damaged(Struct, frozen=True):
    """Not a spool of ours, or none that can be read."""

    reason: str


Spooled = Unfinished | Code | Refused | Damaged


def make(path: str) -> int:
    """A new spool, its room taken; OSError when there is none, or when the path is taken."""
    file = os.open(path, MAKE, 0o600)
    try:
        os.fchmod(file, 0o600)
        os.write(file, BLANK)
        os.lseek(file, 0, os.SEEK_SET)
    except OSError:
        os.close(file)
        os.unlink(path)  # noqa: PTH108 - a thousand starts a minute
        raise
    return file


def renew(old: str, path: str) -> int:
    """A spool whose keeper has spoken, as a new one at `path`, in place of what is there.

    OSError if it is none: its keeper may still write to it, or it is not as we made it.
    """
    file = os.open(old, OPEN)
    try:
        _refuse_unspent(file, old)
        os.pwrite(file, BLANK, 0)
        os.rename(old, path)  # noqa: PTH104 - a thousand starts a minute
    except OSError:
        os.close(file)
        raise
    return file


def _refuse_unspent(file: int, path: str) -> None:
    """A spent one holds a code with a name, by which it can be told from the next one."""
    found = os.fstat(file)
    is_ours = (found.st_mode, found.st_nlink, found.st_size) == (PRIVATE, 1, len(BLANK))
    code = CODE.match(os.pread(file, MOST, 0)) if is_ours else None
    if code is None or code[2] is None:
        raise OSError(errno.ESTALE, "is no spent spool", path)


def read(path: str) -> Spooled:
    """What the spool says.  It is final once the keeper has ended."""
    try:
        file = os.open(path, READ)
    except OSError as error:
        return Damaged(f"{path}: {os.strerror(error.errno or 0)}")
    try:
        found = os.fstat(file)
        # Never through another name: it could be anybody's file.
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            return Damaged(f"{path}: not a file of jobrunner's")
        return _meaning(path, os.read(file, MOST))
    except OSError as error:
        return Damaged(f"{path}: {os.strerror(error.errno or 0)}")
    finally:
        os.close(file)


def _meaning(path: str, content: bytes) -> Spooled:
    if content == BLANK:
        return Unfinished()
    name = path.rpartition("/")[2].encode()
    found = CODE.match(content) or REFUSAL.match(content)
    if found and found[2] not in {None, name}:
        return Unfinished()
    if found and found.re is REFUSAL:
        return Refused(found[1].decode())
    if found and int(found[1]) <= LAST_CODE:
        return Code(int(found[1]))
    return Damaged(f"{path}: holds no exit code")

"""The file in which a keeper leaves its command's exit code for whoever looks after it by then.

It is made and filled before the start and overwritten in place: a disk that is full by the end of
the command has room for the code.  Only its owner, the supervisor's user, may open it.
"""

import os
import re
import signal
import stat

from msgspec import Struct

from jobrunner.process.keeper import REFUSED

BLANK = b"unfinished" + b" " * 53 + b"\n"
MOST = 256
CODE = re.compile(rb"(\d{1,3})\n")
REFUSAL = re.compile(REFUSED.encode() + rb" ([a-z_]{1,20})\n")
SIGNALLED = 128
LAST_CODE = 255
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
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
    if (code := CODE.match(content)) and int(code[1]) <= LAST_CODE:
        return Code(int(code[1]))
    if refusal := REFUSAL.match(content):
        return Refused(refusal[1].decode())
    return Damaged(f"{path}: holds no exit code")

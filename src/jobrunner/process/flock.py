"""Locks on files: how one is taken, and who holds one, as the kernel lists it.

To try a lock is to hold it for a moment, in which somebody else does not get it: who only wants to
know looks at the list.
"""

import fcntl
import os
from pathlib import Path

LOCKS = Path("/proc/locks")
FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def opened(path: str) -> int:
    """The file of a lock, made if need be."""
    return os.open(path, FLAGS, 0o600)


def taken(file: int) -> bool:
    """Whether the lock is ours now, until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(path: str) -> int | None:
    """The process that has locked this file; None if nobody has, or nobody that we may see."""
    try:
        found = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - paths are strings here
        text = LOCKS.read_text()
    except OSError:
        return None
    wanted = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return next((pid for pid, place in map(_read, text.splitlines()) if place == wanted), None)


def _read(line: str) -> tuple[int, str]:
    """Whose lock a line is, and which file's.  Who only waits for one has "->" in its line."""
    words = line.split()
    is_whole = len(words) == 8 and words[1] == "FLOCK"  # noqa: PLR2004 - as in proc_locks(5)
    return (int(words[4]), words[5]) if is_whole else (0, "")

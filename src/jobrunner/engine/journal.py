"""systemd's journal, where standard error leads to it: a message with fields instead of a line.

Every supervisor has this in memory, where the module `socket` with its enumerations takes 180 KiB.
"""

import _socket
import os
from collections.abc import Mapping

ADDRESS = "/run/systemd/journal/socket"
STREAM = "JOURNAL_STREAM"  # device and inode of what systemd gave us as standard error
ERROR = 2


class Journal:
    """A way to it that never waits."""

    def __init__(self, stream: str, address: str) -> None:
        self._stream = stream
        self._address = address

    def is_at(self, file: int) -> bool:
        """Whether what is written to this descriptor ends up in the journal, too."""
        return _stream_of(file) == self._stream

    def take(self, message: bytes) -> bool:
        """Whether it took the message: it may be busy, or starting anew, or find it too long."""
        try:
            door = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC)
        except OSError:
            return False
        try:
            door.sendto(message, _socket.MSG_DONTWAIT, self._address)
        except OSError:
            return False
        finally:
            door.close()
        return True


def journal_of(
    environ: Mapping[str, str], file: int = ERROR, address: str = ADDRESS
) -> Journal | None:
    """The journal if it is where this descriptor leads; a variable alone may be inherited."""
    stream = environ.get(STREAM, "")
    return Journal(stream, address) if stream and _stream_of(file) == stream else None


def _stream_of(file: int) -> str:
    try:
        found = os.fstat(file)
    except OSError:  # it is closed
        return ""
    return f"{found.st_dev}:{found.st_ino}"

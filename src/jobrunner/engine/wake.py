"""Rings at the supervisor's door: it is woken, and says that it is awake.

A connection carries one message and one answer.  That somebody listens is no proof that he lives:
only the answer is.  What is due waits for the tick that rings, and so this imports next to nothing:
the module `socket`, with its enumerations, costs as much as a bare Python does.
"""

import _socket
import os
import sys

from jobrunner.engine.watch import code_version
from jobrunner.errors import BusyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Located(Protocol):
        """Whatever knows where a state folder has its socket."""

        @property
        def folder(self) -> str: ...

        @property
        def socket(self) -> str: ...


TICK = "tick"  # what a tick rings with, which is noted where it notes itself nowhere
# A tick says within five seconds that nobody answers, its own start included.
PATIENCE = 4.5
LONGEST = 256  # bytes of a message
LONGEST_ANSWER = 60_000
LONGEST_NAME = 107  # bytes of a socket's path, as the kernel takes it
LONG = (sys.maxsize.bit_length() + 1) // 8  # bytes of a C long
INT = 4
PEER = 3 * INT  # of a struct ucred, which begins with the process
NOBODY = (
    *(FileNotFoundError, NotADirectoryError, PermissionError, ConnectionRefusedError),
    *(ConnectionResetError, BrokenPipeError),  # it left just now
)


def poke(state: "Located", message: str = "wake", patience: float = PATIENCE) -> str | None:
    """Ring, and return what is answered; None if nobody is awake.

    None, too, if this user may not ring.  BusyError if there is somebody who does not answer.
    """
    caller = new_socket()
    try:
        _be_patient(caller, patience)
        with Reachable(state.socket) as address:
            caller.connect(address)
        caller.send(f"{message} {code_version()}".encode(), _socket.MSG_NOSIGNAL)
        answer = caller.recv(LONGEST_ANSWER)
    except NOBODY:
        return None
    except (BlockingIOError, TimeoutError) as error:
        raise BusyError(_silence(state, caller)) from error
    finally:
        caller.close()
    return answer.decode(errors="replace") if answer else None


def _silence(state: "Located", caller: _socket.socket) -> str:
    who = f"the supervisor of {state.folder}"
    try:
        peer = caller.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, PEER)
    except OSError:
        peer = bytes(PEER)
    pid = int.from_bytes(peer[:INT], sys.byteorder)
    if not pid:
        return f"{who} does not answer: too many others wait for it"
    return (
        f"{who} (process {pid}) does not answer.\n"
        f"Let it go on: kill -CONT {pid}   Replace it: kill -KILL {pid}; jobs go on, and the next"
        " tick starts another one"
    )


def new_socket() -> _socket.socket:
    """One that keeps messages apart, as both sides of the door use it."""
    return _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)


def _be_patient(caller: _socket.socket, patience: float) -> None:
    """Bound each wait: a fifth of the time for a place in the queue, the rest for the answer."""
    for option, part in ((_socket.SO_SNDTIMEO, 0.2), (_socket.SO_RCVTIMEO, 0.8)):
        time = divmod(int(patience * part * 1_000_000), 1_000_000)  # a struct timeval
        packed = b"".join(each.to_bytes(LONG, sys.byteorder) for each in time)
        caller.setsockopt(_socket.SOL_SOCKET, option, packed)


class Reachable:
    """A socket's path as the kernel takes it: one that is too long through its open folder."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._folder: int | None = None

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= LONGEST_NAME:
            return self._path
        folder, _, name = self._path.rpartition("/")
        self._folder = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._folder}/{name}"

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            os.close(self._folder)

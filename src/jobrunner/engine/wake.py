"""The supervisor's doorbell: a socket on which it is woken, and says that it is awake.

A connection carries one message and one answer.  That somebody listens is no proof that he lives:
only the answer is.  A tick rings in the busiest minute, and so this imports next to nothing: the
module `socket`, with its enumerations, costs as much as a bare Python does.
"""

import _socket
import os
import select
import struct
from contextlib import suppress

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


# A tick says within five seconds that nobody answers, its own start included.
PATIENCE = 4.5
# Connections that say nothing are kept until so many others came.
MOST = 64
LONGEST = 256  # bytes of a message
LONGEST_ANSWER = 60_000
LONGEST_NAME = 107  # bytes of a socket's path, as the kernel takes it
MODE = 0o600
TIME = struct.Struct("ll")
PEER = struct.Struct("iII")
NOBODY = (
    *(FileNotFoundError, NotADirectoryError, PermissionError, ConnectionRefusedError),
    *(ConnectionResetError, BrokenPipeError),  # it left just now
)


class Doorbell:
    """The bell at the door of a state folder, for whoever holds its lock."""

    def __init__(self, state: "Located") -> None:
        self._state = state
        self._waiting: dict[int, _socket.socket] = {}
        self._ears = select.epoll()
        self._listener = _new()
        try:
            self._listen()
        except BaseException:
            self._shut()
            raise

    def fileno(self) -> int:
        """A descriptor that is readable when somebody rings."""
        return self._ears.fileno()

    def is_rung(self) -> bool:
        """Whether somebody waits for an answer."""
        self._let_in()
        return any(fd in self._waiting for fd, _ in self._ears.poll(0))

    def answer(self, told: str) -> list[str]:
        """Say how things are to all who ring, and return what they said: a verb and a version.

        Nobody is waited for: who has said nothing yet is asked again the next time.
        """
        self._let_in()
        rung = [fd for fd, _ in self._ears.poll(0) if fd in self._waiting]
        said = [self._hear(self._waiting.pop(fd), told) for fd in rung]
        return [message for message in said if message]

    def close(self) -> None:
        """Take the bell down; whoever rings from now on finds nobody."""
        with _Reachable(self._state.socket) as address:
            _unlink(address)
        self._shut()

    def _listen(self) -> None:
        with _Reachable(self._state.socket) as address:
            _unlink(address)
            os.fchmod(self._listener.fileno(), MODE)
            self._listener.bind(address)
            os.chmod(address, MODE)  # noqa: PTH101 - paths are strings here
        self._listener.listen(MOST)
        self._listener.setblocking(False)
        self._ears.register(self._listener.fileno(), select.EPOLLIN)

    def _let_in(self) -> None:
        """Accept those who wait, so many at a time that a crowd cannot hold us up."""
        for _ in range(MOST):
            try:
                fd, _address = self._listener._accept()  # type: ignore[attr-defined] # noqa: SLF001 - in no stub
            except OSError:  # nobody; or he has gone, or there is no descriptor left for him
                return
            if len(self._waiting) == MOST:
                self._waiting.pop(next(iter(self._waiting))).close()
            self._waiting[fd] = _socket.socket(fileno=fd)
            self._ears.register(fd, select.EPOLLIN)

    def _hear(self, caller: _socket.socket, told: str) -> str:
        """What a caller says; nothing if he has hung up, or it is no message of ours."""
        try:
            said = caller.recv(LONGEST + 1, _socket.MSG_DONTWAIT)
            if said and len(said) <= LONGEST:
                answer = (told or "awake").encode(errors="replace")[:LONGEST_ANSWER]
                caller.send(answer, _socket.MSG_DONTWAIT | _socket.MSG_NOSIGNAL)
        except OSError:
            return ""
        finally:
            caller.close()
        return said.decode("ascii", "replace") if len(said) <= LONGEST else ""

    def _shut(self) -> None:
        for caller in self._waiting.values():
            caller.close()
        self._waiting.clear()
        self._listener.close()
        self._ears.close()


def poke(state: "Located", message: str = "wake", patience: float = PATIENCE) -> str | None:
    """Ring, and return what is answered; None if nobody is awake.

    None, too, if this user may not ring.  BusyError if there is somebody who does not answer.
    """
    caller = _new()
    try:
        _be_patient(caller, patience)
        with _Reachable(state.socket) as address:
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
        pid = PEER.unpack(caller.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, PEER.size))[0]
    except OSError:
        pid = 0
    if not pid:
        return f"{who} does not answer: too many others wait for it"
    return (
        f"{who} (process {pid}) does not answer.\n"
        f"Let it go on: kill -CONT {pid}   Replace it: kill -KILL {pid}; jobs go on, and the next"
        " tick starts another one"
    )


def _new() -> _socket.socket:
    return _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)


def _be_patient(caller: _socket.socket, patience: float) -> None:
    """Bound each wait: a fifth of the time for a place in the queue, the rest for the answer."""
    for option, part in ((_socket.SO_SNDTIMEO, 0.2), (_socket.SO_RCVTIMEO, 0.8)):
        time = divmod(int(patience * part * 1_000_000), 1_000_000)
        caller.setsockopt(_socket.SOL_SOCKET, option, TIME.pack(*time))


class _Reachable:
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


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - paths are strings here

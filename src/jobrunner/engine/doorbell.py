"""The supervisor's doorbell: where it is woken, and says that it is awake.

A connection carries one message and one answer; see wake.py for who rings.
"""

import _socket
import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING

from jobrunner.engine.wake import LONGEST, LONGEST_ANSWER, Reachable, new_socket

if TYPE_CHECKING:
    from jobrunner.engine.wake import Located

# Connections that say nothing are kept until so many others came.
MOST = 64
MODE = 0o600


class Doorbell:
    """The bell at the door of a state folder, for whoever holds its lock."""

    def __init__(self, state: "Located") -> None:
        self._state = state
        self._waiting: dict[int, _socket.socket] = {}
        self._ears = select.epoll()
        self._listener = new_socket()
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
        with Reachable(self._state.socket) as address:
            _unlink(address)
        self._shut()

    def _listen(self) -> None:
        with Reachable(self._state.socket) as address:
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


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - paths are strings here

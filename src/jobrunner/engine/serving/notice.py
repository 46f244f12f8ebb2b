"""What a service tells systemd of itself: that it is ready, that it is well, that it ends."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
MICROSECONDS = 1e6


class Notice:
    """A way to the service manager that started this process; none if that is not waiting."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._watchdog = environ.get("WATCHDOG_USEC", "")
        self._watched = environ.get("WATCHDOG_PID", "")

    @property
    def pace(self) -> float | None:
        """Seconds between two words that we are well; None if nobody wants them."""
        is_ours = self._watched in {"", str(os.getpid())}
        if not self._address or not is_ours or not self._watchdog.isdecimal():
            return None
        return int(self._watchdog) / MICROSECONDS / 2

    def ready(self) -> None:
        self._tell("READY=1")

    def well(self) -> None:
        self._tell("WATCHDOG=1")

    def ending(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address.startswith(("/", "@")):
            return
        address = self._address.replace("@", "\0", 1)
        with (
            suppress(OSError),  # who is gone need not know
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door,
        ):
            door.sendto(text.encode(), socket.MSG_DONTWAIT, address)

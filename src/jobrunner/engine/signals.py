"""Signals as events of the loop: asked to end, asked to read again."""

import os
import signal
from collections.abc import Iterable

ENDING = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Counts the signals that came; its descriptor becomes readable with each."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._count: dict[int, int] = {}
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (*ENDING, signal.SIGHUP):
            signal.signal(number, self._note)

    def fileno(self) -> int:
        return self._reader

    def is_ending(self) -> bool:
        """Whether somebody wants us to end."""
        self._drain()
        return self._sum(ENDING) > 0

    def is_urgent(self) -> bool:
        """Whether somebody has said so twice."""
        return self._sum(ENDING) > 1

    def wants_reading(self) -> bool:
        """Whether somebody wants jobs.toml read again; true once for each time."""
        return bool(self._count.pop(signal.SIGHUP, 0))

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        os.close(self._reader)
        os.close(self._writer)

    def _note(self, number: int, _frame: object) -> None:
        self._count[number] = self._count.get(number, 0) + 1

    def _sum(self, numbers: Iterable[int]) -> int:
        return sum(self._count.get(number, 0) for number in numbers)

    def _drain(self) -> None:
        try:
            os.read(self._reader, 4096)
        except BlockingIOError:
            return

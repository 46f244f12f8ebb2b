"""Signals that ask us to stop: counted, and looked at between two steps, never within one."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """How often we were asked, and by which signal first; `fd` becomes readable with each."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.count = 0
        self.first = 0

    def heard(self, number: int, _frame: FrameType | None = None) -> None:
        self.count += 1
        self.first = self.first or number
        os.eventfd_write(self.fd, 1)

    def drain(self) -> None:
        """Make `fd` wait for the next one."""
        os.eventfd_read(self.fd)


@contextmanager
def heeded(*numbers: int) -> Iterator[Interrupts]:
    """Count these signals while the block lasts; one that was ignored stays so, as nohup wants."""
    fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    interrupts = Interrupts(fd)
    wanted = [each for each in numbers if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, interrupts.heard) for each in wanted}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(fd)

"""Hands bytes on to a stream that may be slow, full or gone, without ever waiting for it."""

import os
import select

# So much a pipe takes at once, if it says that it takes anything.
AT_ONCE = 4096


class Outlet:
    """One stream; what it does not take now is kept, and what it will never take is dropped."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._kept = memoryview(b"")
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self._is_gone = False

    @property
    def is_empty(self) -> bool:
        """Whether everything was handed on."""
        return self._is_gone or not self._kept

    def push(self, data: bytes) -> None:
        """Hand this on, once all before it is."""
        self._kept = memoryview(bytes(self._kept) + data)
        self.flush()

    def flush(self, patience: float = 0) -> None:
        """Hand on what the stream takes; `patience` is how long to wait for it, in seconds."""
        while not self.is_empty and self._poll.poll(patience * 1000):
            try:
                taken = os.write(self._fd, self._kept[:AT_ONCE])
            except BlockingIOError:
                return
            except OSError:  # nobody reads any more, or the disk is full: the ledger has it all
                self._is_gone = True
                return
            self._kept = self._kept[taken:]

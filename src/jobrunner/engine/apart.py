"""Runs blot.py in a process apart, so that no pattern of a job's can hold up its supervisor."""

import json
import os
import select
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobrunner.engine import blot
from jobrunner.process.descriptor import filled, lifted

# Read now: by the time it is needed, an upgrade may have put another one there.
PROGRAM = Path(blot.__file__).read_text(encoding="utf-8")
COMMAND = (sys.executable, "-I", "-S", "-c", PROGRAM)
SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


class Apart:
    """One such process; the kernel ends it when it has used up the seconds of its order."""

    def __init__(self, order: Mapping[str, Any], file: int | None) -> None:
        """OSError when none can be had just now."""
        self._answers = os.memfd_create("answers")
        try:
            self._pid = _spawn(json.dumps(order).encode(), self._answers, file)
            self._pidfd = os.pidfd_open(self._pid)
        except OSError:
            os.close(self._answers)
            raise

    def fileno(self) -> int:
        """Becomes readable when it has ended."""
        return self._pidfd

    def finish(self) -> dict[str, Any]:
        """Its answers, once it has ended; those that are missing were not found in time."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.poll()
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        os.close(self._pidfd)
        with os.fdopen(self._answers, "rb") as answers:
            answers.seek(0)
            whole = [line for line in answers if line.endswith(b"\n")]
            return {key: value for line in whole for key, value in json.loads(line).items()}


def _spawn(order: bytes, answers: int, file: int | None) -> int:
    files = () if file is None else (file,)
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        with filled(order) as asked, lifted(asked, answers, nowhere, *files) as descriptors:
            return os.posix_spawn(
                sys.executable,
                COMMAND,
                {},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, each, number) for number, each in enumerate(descriptors)
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=SIGNALS,
            )
    finally:
        os.close(nowhere)

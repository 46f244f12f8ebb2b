"""A place where commands are started for a test: their spool, their output, and their end."""

import os
import select
import signal
from pathlib import Path

from jobrunner.process import spool
from jobrunner.process.birth import Child
from jobrunner.process.launch import Launch
from jobrunner.process.reap import reap
from jobrunner.process.start import start

PATIENCE = 60_000  # ms; only what is broken takes as long
ENV = {"PATH": os.environ["PATH"]}


class Stage:
    """Starts commands in a folder, and leaves none behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0
        self.children: list[Child] = []

    @property
    def spool(self) -> str:
        return str(self.folder / f"spool{self.number}")

    @property
    def output(self) -> Path:
        return self.folder / f"output{self.number}"

    def open_output(self):
        file = os.open(self.output, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.fchmod(file, 0o666)  # whoever the command runs as
        return file

    def start(self, *argv, **changes):
        """Start a command; one string is a shell's."""
        self.number += 1
        files = spool.make(self.spool), self.open_output()
        try:
            return self.start_with(files, *argv, **changes)
        finally:
            for file in files:
                os.close(file)

    def start_with(self, files, *argv, **changes):
        """The same over a spool and an output that are open."""
        argv = argv if len(argv) != 1 else ("/bin/sh", "-c", *argv)
        launch = {"argv": argv, "cwd": "/", "env": ENV, "spool": files[0], "output": files[1]}
        child = start(Launch(**(launch | changes)))
        if isinstance(child, Child):
            self.children.append(child)
        return child

    def end(self, child):
        """Wait for the keeper to end; what it used."""
        assert has_ended(child, PATIENCE)
        self.children.remove(child)
        return reap(child)

    def run(self, *argv, **changes):
        """Start and end a command; what is in its spool."""
        self.end(self.start(*argv, **changes))
        return spool.read(self.spool)

    def tell(self, *argv, **changes):
        """What a command writes, and whether it succeeds."""
        assert self.run(*argv, **changes) == spool.Code(0), self.output.read_text()
        return self.output.read_text()

    def close(self):
        for child in [*self.children]:
            os.killpg(child.pid, signal.SIGKILL)
            self.end(child)


def has_ended(child, patience=0):
    """Whether the keeper ends within so many milliseconds."""
    poll = select.poll()
    poll.register(child.pidfd, select.POLLIN)
    return bool(poll.poll(patience))

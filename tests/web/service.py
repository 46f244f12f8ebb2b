"""Real `jobrunner serve` processes, and what is said to them over HTTP."""

import os
import re
import select
import ssl
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from jobrunner.clock import SystemClock
from jobrunner.engine.state import State
from tests.engine.theatre import end_jobs

CLOCK = SystemClock()
PATIENCE = 60.0
PROGRAM = (sys.executable, "-P", "-m", "jobrunner")
SERVES = re.compile(r"^jobrunner \S+ on (\S+)  ", re.MULTILINE)
LINK = re.compile(r"^  (\S+/sign-in\?code=\S+)$", re.MULTILINE)


class Service:
    """One that was started in a folder, with a port of its own; what it said so far."""

    def __init__(self, folder: Path, *words: str, **more) -> None:
        self.folder = folder
        self.said = ""
        self.errors = folder / "stderr"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*PROGRAM, "-c", str(folder / "jobs.toml"), *words],
                stdout=subprocess.PIPE,
                stderr=errors,
                **more,
            )

    def until(self, pattern: re.Pattern[str]) -> str:
        """What it says, when it has said it."""
        assert self.process.stdout is not None
        deadline = CLOCK.elapsed() + PATIENCE
        while not (found := pattern.search(self.said)):
            assert CLOCK.elapsed() < deadline, self.said
            select.select([self.process.stdout], [], [], 1)
            new = os.read(self.process.stdout.fileno(), 4096).decode()
            assert new, (self.process.wait(), self.said, self.errors.read_text())
            self.said += new
        return found[1]

    @property
    def url(self) -> str:
        return self.until(SERVES)

    def get(self, path="", *, method="GET", body=None, context=None, **headers):
        """Status, headers, and the body as text."""
        parts = urlsplit(self.url)
        if context:
            line = HTTPSConnection(parts.hostname, parts.port, timeout=30, context=context)
        else:
            line = HTTPConnection(parts.hostname, parts.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            line.request(method, path, body, named)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            line.close()

    def end(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        self.process.stdout.close()


@contextmanager
def service(folder: Path, *words: str, **more):
    """A service for as long as it is wanted; jobs of its state folder end with it."""
    found = Service(folder, *words, **more)
    try:
        yield found
    finally:
        found.close()
        end_jobs(State(f"{folder}/.jobrunner"))


def trusting(cert: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=cert)

"""A redis-server of a test's own: it is killed, frozen, and started anew on the same folder."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

TRIES = 500  # at twenty milliseconds each


class Server:
    """One port and one folder; `options` are those of its redis-server."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._options = options
        self._folder = folder
        self._folder.mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        bind = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder))
        quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        self._process = subprocess.Popen(["redis-server", *bind, *self._options], **quiet)
        patient = Retry(ConstantBackoff(0.02), TRIES)
        with redis.Redis.from_url(self.url, retry=patient) as client:
            while client.info("persistence")["loading"]:
                pass

    def end(self, number: int = signal.SIGKILL) -> None:
        """End it, and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def send(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, decode_responses=True)


@contextmanager
def server(folder: Path, *options: str) -> Iterator[Server]:
    found = Server(folder, *(options or ("--appendonly", "yes")))
    found.start()
    try:
        yield found
    finally:
        found.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

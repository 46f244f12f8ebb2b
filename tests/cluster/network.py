"""A host with a network of its own, whose link can be taken down: what is sent then is gone."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cluster.stage import until

NET = "/proc/{}/ns/net"
# Of the addresses that are there to try networks out, four for each process that does.
BASE = 198 << 24 | 18 << 16
ROOM = 1 << 15


class Cell:
    """A network namespace with a link to ours; `gateway` is our end of it."""

    def __init__(self) -> None:
        quad = BASE + os.getpid() % ROOM * 4
        self.gateway, self._inside = (_dotted(quad + end) for end in (1, 2))
        self._link = f"jr{os.getpid()}"
        holder = ["unshare", "--net", "sleep", "infinity"]
        self._holder = subprocess.Popen(holder, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.prefix = ("nsenter", "--target", str(self._holder.pid), "--net")
        try:
            until(self._is_apart, lambda: "no network namespace")
            pid, peer = str(self._holder.pid), f"{self._link}p"
            _ip("link", "add", self._link, "type", "veth", "peer", "name", peer, "netns", pid)
            _ip("address", "add", f"{self.gateway}/30", "dev", self._link)
            _ip("link", "set", self._link, "up")
            _ip("link", "set", "lo", "up", prefix=self.prefix)
            _ip("address", "add", f"{self._inside}/30", "dev", peer, prefix=self.prefix)
            _ip("link", "set", peer, "up", prefix=self.prefix)
        except BaseException:
            self.close()
            raise

    def hush(self) -> None:
        """Take the link down."""
        _ip("link", "set", self._link, "down")

    def open(self) -> None:
        """Take the link up again."""
        _ip("link", "set", self._link, "up")

    def close(self) -> None:
        """End it, its link included."""
        self._holder.kill()
        self._holder.wait()
        with suppress(subprocess.CalledProcessError):
            _ip("link", "delete", self._link)

    def _is_apart(self) -> bool:
        assert self._holder.poll() is None, "no network namespace can be had"
        return Path(NET.format(self._holder.pid)).readlink() != Path(NET.format("self")).readlink()


def skip_without() -> None:
    """Skip a test where no network namespace can be had: root alone may, and not everywhere."""
    programs = ("unshare", "nsenter", "ip")
    if os.geteuid() != 0 or not all(map(shutil.which, programs)):
        pytest.skip("network namespaces take root, util-linux and iproute2")
    if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode:
        pytest.skip("network namespaces are not allowed here")


def _ip(*words: str, prefix: tuple[str, ...] = ()) -> None:
    subprocess.run([*prefix, "ip", *words], check=True, capture_output=True)


def _dotted(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

"""The file of [metrics] for the textfile collector of node_exporter, kept up by the supervisor."""

import os
from contextlib import suppress
from datetime import datetime, timedelta
from types import ModuleType

from jobrunner.engine.post import Post
from jobrunner.engine.stopping import NEVER
from jobrunner.errors import StoreError

SOONEST = 10.0  # seconds between two files, whatever changed
LATEST = 60.0  # and if nothing did
FIRST = 2.0  # seconds after the start, in which something may be due
SHARE = 50  # what takes a second is done every 50 seconds at most
NEAR = timedelta(seconds=1)  # before something is due, which is not to wait for it
PATIENCE = 5.0  # seconds that it is put off for that: a job of every second is always due
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Textfile:
    """Written anew soon after something changed, and each minute that the supervisor is awake.

    Whoever reads it finds the old one or the new one, whole.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._path = ""
        self._is_stale = True
        self._written_at = self._elapsed() - SOONEST + FIRST
        self._put_off_until = -NEVER
        self._took = 0.0
        self._seen: object = None
        self._look_took: float | None = None

    def get_ready(self) -> None:
        """Import what makes the file, if there is to be one: later it may have been replaced."""
        if self._post.config.metrics.textfile:
            _metrics()

    def touch(self) -> None:
        """Say that something is not as it was told."""
        self._is_stale = True

    def note_look(self, took: float, *, has_found: bool) -> None:
        """Note how many seconds a look for what is due took, and whether anything was."""
        self._look_took = took
        self._is_stale |= has_found

    def next_at(self) -> float:
        """When it is to be written, on the clock of durations."""
        if not self._post.config.metrics.textfile:
            return NEVER
        return max(self._usual_at(), self._put_off_until)

    def see_to(self, seen: object, problem: str, due: datetime | None) -> None:
        """Write it if it is time to; `seen` is anything that is another when figures are.

        What is `due` in a moment comes first, unless there always is something.
        """
        if self._seen != (seen, problem):
            self._seen = (seen, problem)
            self._is_stale = True
        self._forget_old()
        now = self._elapsed()
        if now < self.next_at():
            return
        if self._is_near(due) and now < self._usual_at() + PATIENCE:
            self._put_off_until = now + NEAR.total_seconds()
            return
        self.write(problem)

    def write(self, problem: str) -> None:
        """Write it now, if there is to be one."""
        self._forget_old()
        self._path = self._post.config.metrics.textfile
        if not self._path:
            return
        began = self._written_at = self._elapsed()
        try:
            _put(self._path, self._content(problem))
            self._is_stale = False
        except (OSError, StoreError) as error:
            told = error.strerror if isinstance(error, OSError) else str(error)
            self._post.diary.error(f"metrics.textfile: {self._path} is not written: {told}")
        self._took = self._elapsed() - began

    def _usual_at(self) -> float:
        return self._written_at + pause(self._took, is_stale=self._is_stale)

    def _content(self, problem: str) -> bytes:
        post = self._post
        metrics = _metrics()
        watch = metrics.Watch(host=post.ground.host, problem=problem, look_seconds=self._look_took)
        families = metrics.see_metrics(post.store, post.config, watch, post.now())
        return bytes(metrics.text(families, post.config).encode())

    def _forget_old(self) -> None:
        """Remove the file that jobs.toml named before: what it tells would never change again."""
        if self._path and self._path != self._post.config.metrics.textfile:
            with suppress(OSError):
                os.unlink(self._path)  # noqa: PTH108 - paths are strings here
            self._path = ""

    def _is_near(self, due: datetime | None) -> bool:
        near = max(NEAR, timedelta(seconds=2 * self._took))
        return due is not None and due - self._post.now() <= near

    def _elapsed(self) -> float:
        return self._post.ground.clock.elapsed()


def _metrics() -> ModuleType:
    """What makes the file: most supervisors write none, and have no memory to give it."""
    from jobrunner.engine.report import metrics  # noqa: PLC0415

    return metrics


def pause(took: float, *, is_stale: bool) -> float:
    """Seconds between two files of which one took so long to make."""
    return max(SOONEST if is_stale else LATEST, SHARE * took)


def _put(path: str, content: bytes) -> None:
    """Put it in the place of the file, readable to all; a link there is replaced, not followed.

    The name that it has until then is not one that node_exporter reads, nor anybody else's to make.
    """
    temporary = f"{path}.new"
    with suppress(FileNotFoundError):
        os.unlink(temporary)  # noqa: PTH108 - see above
    file = os.open(temporary, NEW, 0o600)
    try:
        os.fchmod(file, 0o644)
        with open(file, "wb", closefd=False) as stream:
            stream.write(content)
        os.replace(temporary, path)  # noqa: PTH105 - see above
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - see above
        raise
    finally:
        os.close(file)

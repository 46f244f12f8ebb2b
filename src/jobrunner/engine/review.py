"""What an attempt left behind, looked through once it is over: expectations, result, secrets.

Patterns are tried in a process apart.  Whoever has other things to do meanwhile watches `fileno`.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.apart import Apart
from jobrunner.engine.blot import LOST, Redactor, read
from jobrunner.engine.expectation import unmet
from jobrunner.engine.redact import redactor
from jobrunner.engine.result import Found
from jobrunner.model.job import Expect, Job
from jobrunner.model.result import Result
from jobrunner.process.output import parted

SEARCHED = 2 * 1024 * 1024  # of the output: its first MiB and its last
AT_ONCE = 256 * 1024  # bytes that are looked through here when no pattern has to be tried
SECONDS = 2
PER_SECOND = 4 * 1024 * 1024  # bytes that a second of CPU is enough for
UNTOLD = "what the job left in $JOBRUNNER_RESULT is not kept: `redact` takes too long"
UNBLOTTED = "the output may hold what it should not: `redact` takes too long"
NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EISDIR})
OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Remains(Struct, frozen=True, kw_only=True):
    """What can be kept and told: the result without secrets, expectations not met, notes."""

    result: Result | None = None
    unmet: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Review:
    """One look through what an attempt left, from its end to what is known of it.

    Secrets in its output are starred out in the file.
    """

    def __init__(
        self,
        job: Job,
        *,
        output: str,
        found: Found,
        started_at: datetime,
        home: str = "",
        env: Mapping[str, str] | None = None,
        is_success: bool = True,
    ) -> None:
        """`output` is the path of the attempt's output, `env` what it was started with.

        What a success has to look like is not asked of an attempt that has failed anyway.
        """
        self._expect = job.expect if is_success else Expect()
        self._redactor = redactor(job, env)
        self._found = found
        self._texts = _texts(found)
        self._started_at, self._home = started_at, home
        self._searches = bool(self._expect.output or self._expect.not_output)
        self._blots = False
        self._trouble: tuple[str, ...] = ()
        self._apart: Apart | None = None
        if self._redactor or self._searches:
            self._begin(output, job.output_limit)

    def fileno(self) -> int | None:
        """Becomes readable when `finish` need not wait; None if it need not now."""
        return self._apart.fileno() if self._apart else None

    def finish(self) -> Remains:
        """What is known in the end; called once."""
        answers = self._apart.finish() if self._apart else {}
        wanted = unmet(self._expect, answers, started_at=self._started_at, home=self._home)
        notes = [*self._trouble]
        notes += [UNBLOTTED] if self._blots and "blotted" not in answers else []
        texts = self._shown(answers)
        if texts is None:
            return Remains(result=_bare(self._found.result), unmet=wanted, notes=(*notes, UNTOLD))
        rest = iter(texts)
        told = changed(self._found, lambda _: next(rest))
        return Remains(result=told.result, unmet=wanted, notes=(*told.problems, *notes))

    def _begin(self, output: str, limit: int) -> None:
        """Look at what can be looked at here, and have the rest done apart.

        An attempt whose output cannot be read has ended nevertheless, and that is told.
        """
        try:
            with _opened(output) as file:
                self._look(file, limit)
        except OSError as error:
            self._blots = bool(self._redactor)
            self._trouble = (f"the output cannot be read: {error.strerror}",)

    def _look(self, file: int | None, limit: int) -> None:
        self._blots = file is not None and _needs_blotting(file, limit, self._redactor)
        if self._searches or self._blots or (self._redactor.patterns and self._texts):
            # Without a process nothing is found in time either.
            with suppress(OSError):
                self._apart = Apart(self._order(file, limit), file)

    def _order(self, file: int | None, limit: int) -> dict[str, Any]:
        found = os.fstat(file) if file is not None else None
        patterns = [pattern.pattern for pattern in self._redactor.patterns]
        return {
            "seconds": SECONDS + (found.st_blocks * 512 // PER_SECOND if found else 0),
            "output": self._expect.output,
            "not_output": self._expect.not_output,
            "ranges": _ranges(found.st_size, limit) if found and self._searches else [],
            "words": [word.decode("utf-8", LOST) for word in self._redactor.words],
            "patterns": patterns,
            "texts": self._texts if patterns else [],
            "blots": self._blots,
        }

    def _shown(self, answers: Mapping[str, Any]) -> list[str] | None:
        """The texts without secrets; None if that took too long."""
        if self._redactor.patterns and self._texts:
            return answers.get("texts")
        return [self._redactor.text(text) for text in self._texts]


def changed(found: Found, change: Callable[[str], str]) -> Found:
    """The same with each text in it changed, always in the same order."""
    result = found.result
    if result is not None:
        message = change(result.message) if result.message else ""
        result = replace(result, message=message, data=_changed(result.data, change))
    return Found(result=result, problems=tuple(map(change, found.problems)))


def _texts(found: Found) -> list[str]:
    texts: list[str] = []

    def note(text: str) -> str:
        texts.append(text)
        return text

    changed(found, note)
    return texts


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_changed(each, change) for each in value]
        case dict():
            return {change(key): _changed(each, change) for key, each in value.items()}
    return value


def _bare(result: Result | None) -> Result | None:
    """What a result says without a text."""
    return replace(result, message="", data=None) if result else None


@contextmanager
def _opened(path: str) -> Iterator[int | None]:
    """The output, to look into and to blot out; None if it is gone, or is no file of its own."""
    try:
        file = os.open(path, OPEN)
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
        yield None
        return
    try:
        found = os.fstat(file)
        # Its owner may have put something else there.
        yield file if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 else None
    finally:
        os.close(file)


def _ranges(size: int, limit: int) -> list[tuple[int, int]]:
    """The parts of the output that are searched."""
    parts = parted(size, min(limit, SEARCHED))
    return [(0, parts.head), *([(size - parts.tail, size)] if parts.cut else [])]


def _needs_blotting(file: int, limit: int, redactor: Redactor) -> bool:
    """Whether there may be something to blot out: of what is short and whole, it is certain."""
    size = os.fstat(file).st_size
    if not size or not redactor:
        return False
    if redactor.patterns or size > min(AT_ONCE, limit):
        return True
    return bool(redactor.spans(b"".join(read(file, 0, size))))

"""Stars out what is secret in an output that is still being written, byte for byte.

When an attempt has ended its secrets are blotted out where they lie; until then this is done for
whoever is shown its output over the network.
"""

import json
from collections.abc import Mapping

from msgspec.structs import replace

from jobrunner.engine.blot import WINDOW, Redactor
from jobrunner.engine.bounded import told
from jobrunner.engine.redact import redactor
from jobrunner.model.job import Job
from jobrunner.model.run import Attempt, Run, State

SECONDS = 1
# A pattern may take for ever, and would hold up every other reader: it is tried apart.
PROGRAM = r"""
import json, re, sys, warnings
warnings.simplefilter("ignore")
patterns = [re.compile(pattern) for pattern in json.loads(sys.stdin.buffer.readline())]
for line in re.split(rb"(?<=[\r\n])", sys.stdin.buffer.read()):
    shown = bytearray(line)
    text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
    for found in (each for pattern in patterns for each in pattern.finditer(text)):
        start, end = (len(text[:at].encode("utf-8", "surrogateescape")) for at in found.span())
        shown[start:end] = b"*" * (end - start)
    sys.stdout.buffer.write(shown)
"""


class Discretion:
    """Bytes in, cut anywhere; as many come out, by and by: what is not decided yet is held.

    With patterns that is the line that is not complete.
    """

    def __init__(self, job: Job | None) -> None:
        words = redactor(replace(job, redact=())) if job else Redactor()
        self._stream = words.stream()
        self._patterns = [*job.redact] if job else []
        self._line = b""
        self.is_needed = bool(words or self._patterns)

    @property
    def held(self) -> int:
        """So many bytes wait for those that follow."""
        return self._stream.held + len(self._line)

    def feed(self, data: bytes) -> bytes:
        """What can be shown once this is there."""
        return self._shown(starred(self._stream.parts(data)), is_last=False)

    def rest(self) -> bytes:
        """What was held, when no more comes."""
        return self._shown(starred(self._stream.rest()), is_last=True)

    def whole(self, data: bytes) -> bytes:
        """All of an output at once."""
        return self.feed(data) + self.rest()

    def _shown(self, data: bytes, *, is_last: bool) -> bytes:
        if not self._patterns:
            return data
        data = self._line + data
        ready = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if is_last or len(data) - ready > WINDOW:
            ready = len(data)
        self._line = data[ready:]
        return self._found(data[:ready]) if ready else b""

    def _found(self, lines: bytes) -> bytes:
        """The lines with what the patterns find starred out; all of it if they do not tell."""
        question = json.dumps(self._patterns).encode() + b"\n" + lines
        answer = told(PROGRAM, question, seconds=SECONDS)
        return answer if answer is not None and len(answer) == len(lines) else b"*" * len(lines)


def discretion_of(jobs: Mapping[str, Job], run: Run, attempt: Attempt) -> Discretion:
    """What an attempt's output takes: none where it has ended, for then the file has no secrets."""
    return Discretion(jobs.get(run.job) if attempt.state is State.RUNNING else None)


def starred(parts: list[tuple[bytes, bool]]) -> bytes:
    """What is shown of these, of which some are secrets: as many bytes."""
    return b"".join(b"*" * len(piece) if is_secret else piece for piece, is_secret in parts)

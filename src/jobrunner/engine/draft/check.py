"""What is wrong in a text of jobs.toml that somebody sends: nothing else is read for it."""

import sys
from collections.abc import Mapping, Sequence
from typing import Never

from msgspec import Struct, json

from jobrunner import config
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.spelling import shown
from jobrunner.engine.bounded import told
from jobrunner.errors import ForbiddenError
from jobrunner.jobfile.place import NAME

SECONDS = 20
PROGRAM = "from jobrunner.engine.draft.check import main\nmain()\n"


class Checked(Struct, frozen=True, kw_only=True):
    """How many jobs the text declares, or what is wrong with it; late is what never ended."""

    is_late: bool = False
    jobs: int = 0
    problems: tuple[Problem, ...] = ()


def check_apart(text: bytes, environ: Mapping[str, str]) -> Checked:
    """The same in a process that ends in time: a pattern in the text may be slow for ever."""
    answer = told(PROGRAM, text, seconds=SECONDS, environ=environ)
    if answer is None:
        late = Problem(code="", message="it takes too long to judge this text", file=NAME)
        return Checked(problems=(late,), is_late=True)
    return json.decode(answer, type=Checked)


def main() -> None:
    """Judge what comes on standard input."""
    sys.stdout.buffer.write(json.encode(check(sys.stdin.buffer.read())))


def check(text: bytes) -> Checked:
    """Judge the text alone; files that it names are a problem, for they are not looked at."""
    try:
        found = config.parse(text, NAME, _Shut())
    except ConfigError as error:
        return Checked(problems=error.problems)
    return Checked(jobs=len(found.jobs))


class _Shut:
    """No file of this host: who sends a text must not learn what others hold."""

    def read(self, path: str) -> Never:
        raise ForbiddenError(f"{shown(path)} is not read here: this text alone is checked")

    def matches(self, pattern: str) -> Sequence[str]:
        self.read(pattern)

"""What is wrong in a text of jobs.toml that somebody sends: nothing else is read for it."""

from collections.abc import Sequence
from typing import Never

from msgspec import Struct

from jobrunner import config
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.spelling import shown
from jobrunner.errors import ForbiddenError
from jobrunner.jobfile.place import NAME


class Checked(Struct, frozen=True, kw_only=True):
    """How many jobs the text declares, or what is wrong with it."""

    jobs: int = 0
    problems: Sequence[Problem] = ()


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

"""What a command line may name: jobs, tags, runs; found at once, for who presses Tab.

It goes by habit, as a tick does, and by the file's text alone: nothing is checked, and what cannot
be read names nothing.  So it imports next to nothing.
"""

import os

from jobrunner.engine import glance, tick
from jobrunner.errors import StoreError
from jobrunner.store.sqlite import names as ledger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-+@%/")
MOST_RUNS = 50


class Names:
    """What can be named of one jobs.toml, the one that an option or habit says."""

    def __init__(self, option: str, environ: "Mapping[str, str]", cwd: str, uid: int) -> None:
        is_elsewhere = not option and environ.get("JOBRUNNER_URL")  # what is here is not meant
        self._file = "" if is_elsewhere else tick.find_jobs(option, environ, cwd, uid)
        self._habit = tick.find_state(self._file, environ, cwd) if self._file else ""

    def jobs(self) -> list[str]:
        """The jobs in the order of the file; then those that the ledger knows from elsewhere."""
        declared = self._declared()
        found = _safe(declared.get("jobs", {}))
        if declared and not declared.keys() & {"include", "crontabs"}:
            return found
        return list(dict.fromkeys([*found, *_safe(self._asked(ledger.jobs))]))

    def tags(self) -> list[str]:
        """The tags of the jobs of the file."""
        declared = self._declared()
        jobs = [job for job in declared.get("jobs", {}).values() if isinstance(job, dict)]
        tags = [job.get("tags", []) for job in (declared.get("defaults", {}), *jobs)]
        return sorted({*_safe(tag for each in tags for tag in _as_list(each))})

    def runs(self) -> "list[tuple[str, str]]":
        """The latest runs by number, each with its job and its state."""
        return [
            (str(number), f"{job} {state}")
            for number, job, state in self._asked(ledger.runs, MOST_RUNS)
        ]

    def _declared(self) -> "dict[str, Any]":
        # Of what is completed, only names in the file need it.
        import tomllib  # noqa: PLC0415

        try:
            with open(self._file, "rb") as file:  # noqa: PTH123 - paths are strings here
                return tomllib.load(file)
        except (OSError, ValueError):
            return {}

    def _asked(self, question: "Any", *more: int) -> "Any":
        if not self._file:
            return []
        noted = glance.read(self._habit)
        path = noted.ledger if noted else f"{self._habit}/db/ledger.db"  # none, if it is shared
        try:
            return question(path, *more) if os.path.lexists(path) else []
        except StoreError:
            return []


def _as_list(value: "Any") -> "Sequence[Any]":
    return value if isinstance(value, list) else [value]


def _safe(words: "Iterable[Any]") -> list[str]:
    """Those that a shell takes for nothing but a word, whoever wrote the file."""
    return [word for word in words if isinstance(word, str) and word and LETTERS.issuperset(word)]

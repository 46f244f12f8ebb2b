"""Where the keys of a job stand: in its own table, or in the [defaults] of its file."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct

from jobrunner.config.document import Document, read
from jobrunner.config.files import Files
from jobrunner.config.position import Path
from jobrunner.config.problem import ConfigError
from jobrunner.errors import JobrunnerError
from jobrunner.model.job import Job

# One key is short for another.
MEANT = {"retries": "retry.attempts"}


class Spot(Struct, frozen=True):
    """Where a key stands: the line of the job's file, and whether that is in its [defaults]."""

    line: int
    is_default: bool


class Origin(Struct, frozen=True, kw_only=True):
    """Where a job is declared; line 0 is the file as a whole."""

    file: str
    line: int = 0
    keys: Mapping[str, Spot] = {}

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


def origin(job: Job, files: Files) -> Origin:
    """Where the job and its keys stand; the file alone if that is no TOML or cannot be read."""
    return origins([job], files)[job.name]


def origins(jobs: Iterable[Job], files: Files) -> dict[str, Origin]:
    """The same of many jobs, each of whose files is read once."""
    documents: dict[str, Document | None] = {}
    found = {}
    for job in jobs:
        if job.origin not in documents:
            documents[job.origin] = _document(job.origin, files)
        found[job.name] = _origin(job, documents[job.origin])
    return found


def _document(name: str, files: Files) -> Document | None:
    try:
        return _understood(name, files.read(name))
    except (ConfigError, JobrunnerError):
        return None


@lru_cache(maxsize=4)
def _understood(name: str, content: bytes) -> Document:
    """Kept for who serves pages: of a thousand jobs it takes a fifth of a second."""
    return read(name, content)


def _origin(job: Job, document: Document | None) -> Origin:
    if document is None:
        return Origin(file=job.origin)
    own = document.tables.get("jobs", {}).get(job.name)
    if own is None:
        return Origin(file=job.origin)
    path: Path = ("jobs", job.name)
    keys = {
        **_spots(document, ("defaults",), document.defaults, is_default=True),
        **_spots(document, path, own, is_default=False),
    }
    return Origin(file=job.origin, line=_line(document, path), keys=keys)


def _spots(
    document: Document, path: Path, table: Mapping[str, object], *, is_default: bool
) -> dict[str, Spot]:
    """Each key, and each key of a table under its dotted name."""
    found = {}
    for key, value in table.items():
        found[MEANT.get(key, key)] = Spot(_line(document, (*path, key)), is_default)
        if isinstance(value, dict):
            for name in value:
                found[f"{key}.{name}"] = Spot(_line(document, (*path, key, name)), is_default)
    return found


def _line(document: Document, path: Path) -> int:
    start, _ = document.span(path, key=True)
    return document.place(start)[0]

"""The door to the files that jobs.toml names: parsing itself opens nothing."""

from collections.abc import Sequence
from typing import Protocol

from jobrunner.errors import UnknownError


class Files(Protocol):
    """What `config.parse` may ask of the disk.

    Paths and patterns are absolute, or relative to the working folder when the origin that was
    given to `parse` is.  Either method may raise a JobrunnerError; it becomes a problem at the
    place in jobs.toml that named the file.
    """

    def read(self, path: str) -> bytes:
        """The whole content of a file."""

    def matches(self, pattern: str) -> Sequence[str]:
        """The files that match a glob pattern, sorted by name; empty when there is none."""


class _NoFiles:
    def read(self, path: str) -> bytes:
        message = f"{path}: no such file"
        raise UnknownError(message)

    def matches(self, pattern: str) -> Sequence[str]:  # noqa: ARG002 - nothing matches here
        return ()


NO_FILES: Files = _NoFiles()

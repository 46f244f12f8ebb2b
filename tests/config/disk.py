"""A disk of a few files, for what jobs.toml names."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from jobrunner.errors import ForbiddenError, UnknownError


class Disk:
    """Files by path; a content of None may not be read."""

    def __init__(self, files: Mapping[str, str | bytes | None]) -> None:
        self.files = files

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise UnknownError(f"{path}: no such file")
        content = self.files[path]
        if content is None:
            raise ForbiddenError(f"{path} is writable by others.\nFix: chmod o-w {path}")
        return content.encode() if isinstance(content, str) else content

    def matches(self, pattern: str) -> Sequence[str]:
        if pattern.startswith("/forbidden"):
            raise ForbiddenError("/forbidden is not yours")
        return [path for path in reversed(self.files) if fnmatchcase(path, pattern)]

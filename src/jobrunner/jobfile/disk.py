"""Reads the files that say what runs, and only those that nobody else can have written."""

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePath

from jobrunner.errors import BusyError, UnusableError
from jobrunner.jobfile.descent import names_in, opened
from jobrunner.jobfile.trust import shown

MOST_BYTES = 64 * 1024 * 1024
TURNS = 3


class Disk:
    """The files of this host, as `uid` may trust them: the `Files` of `jobrunner.config`."""

    def __init__(self, uid: int) -> None:
        self._uid = uid

    def read(self, path: str) -> bytes:
        """The whole content of a file; one whose size or time changes meanwhile is read again.

        A writer that stands still in the middle of a write cannot be told from one that is done.
        """
        for _ in range(TURNS):
            with opened(path, self._uid) as found:
                content = read_whole(found.file, path)
            if content is not None:
                return content
        raise BusyError(f"{shown(path)} changes while it is read, or is not on a disk.")

    def matches(self, pattern: str) -> Sequence[str]:
        """The files that match a pattern, sorted; * ? and [a-z] stand for parts of one name.

        A name that begins with a dot is matched only by a pattern that does.  A pattern without
        wildcards is returned as it is, so that `read` misses a file that is not there.
        """
        parts = PurePath(pattern).parts
        fixed = next((n for n, part in enumerate(parts) if _is_wild(part)), len(parts))
        found = [str(PurePath(*parts[:fixed]))]
        for part in parts[fixed:]:
            found = [path for folder in found for path in self._matching(folder, part)]
        return sorted(found)

    def _matching(self, folder: str, part: str) -> list[str]:
        return [
            str(PurePath(folder, name))
            for name in names_in(folder, self._uid)
            if fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
        ]


def read_whole(file: int, path: str) -> bytes | None:
    """What an open file holds, from where it stands; None if it changed or was not all there."""
    before = os.fstat(file)
    try:
        with open(file, "rb", closefd=False) as stream:
            content: bytes | None = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableError(f"{shown(path)} cannot be read: {error.strerror}.") from error
    if content is None:  # some in /proc have nothing to say yet
        return None
    if len(content) > MOST_BYTES:
        raise UnusableError(f"{shown(path)} is over {MOST_BYTES >> 20} MiB.")
    after = os.fstat(file)
    # The size counts beside the time, which stands still for a few milliseconds on older kernels.
    sizes = {before.st_size, len(content), after.st_size}
    return content if len(sizes) == 1 and before.st_mtime_ns == after.st_mtime_ns else None


def _is_wild(part: str) -> bool:
    return not set(part).isdisjoint("*?[")

"""The last versions of the files that declare jobs, so that an edit can be undone.

They lie in a folder of the state's owner alone, never in the ledger: what is written back to
jobs.toml will be executed, and the ledger may be written by others.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from jobrunner.errors import UnknownError

MOST = 20  # of each file
MODE = 0o600
FOLDER_MODE = 0o700
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
TRIES = 100


class Version(Struct, frozen=True, kw_only=True):
    """What a file said from some time on; `by` is empty where nobody said who wrote it."""

    number: int
    file: str
    saved_at: datetime
    by: str
    text: str


class Shelf:
    """The folder of versions, and who adds to it."""

    def __init__(self, folder: str, by: str = "") -> None:
        self._folder = folder
        self._by = by

    def keep(self, file: str, text: str, saved_at: float, *, by: str | None = None) -> int | None:
        """Keep a text unless it is the newest of its file; its number, None if it cannot be kept.

        `saved_at` is the time of the file's last change, as the file system has it.
        """
        kept = self.of(file)
        if kept and kept[-1].text == text:
            return kept[-1].number
        version = Version(
            number=0,
            file=file,
            saved_at=datetime.fromtimestamp(saved_at, tz=UTC),
            by=self._by if by is None else by,
            text=text,
        )
        number = None
        with suppress(OSError):
            number = self._add(version, saved_at)
            for old in kept[: max(0, len(kept) + 1 - MOST)]:
                os.unlink(self._path(old.number))  # noqa: PTH108 - paths are strings here
        return number

    def has(self, saved_at: float) -> bool:
        """Whether a version of just that time is kept; cheap, because nothing is read."""
        return round(saved_at, 3) in map(self._time, self._numbers())

    def of(self, file: str) -> list[Version]:
        """The versions of a file, oldest first."""
        return [version for version in self.all() if version.file == file]

    def all(self) -> list[Version]:
        """Every version, oldest first."""
        return [*filter(None, map(self._read, self._numbers()))]

    def version(self, number: int) -> Version:
        found = self._read(number)
        if found is None:
            raise UnknownError(
                f"no version {number}.\nThose that are kept: jobrunner config history"
            )
        return found

    def _add(self, version: Version, saved_at: float) -> int:
        self._make()
        temporary = f"{self._folder}/.{os.urandom(8).hex()}.new"
        for _ in range(TRIES):
            number = max(self._numbers(), default=0) + 1
            with os.fdopen(os.open(temporary, NEW, MODE), "wb") as file:
                owner = os.stat(self._folder)  # noqa: PTH116 - see above
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                file.write(msgspec.json.encode(msgspec.structs.replace(version, number=number)))
            os.utime(temporary, (saved_at, saved_at))
            try:
                os.link(temporary, self._path(number))  # whoever else took the number keeps it
            except FileExistsError:
                continue
            finally:
                os.unlink(temporary)  # noqa: PTH108 - see above
            return number
        return 0

    def _make(self) -> None:
        """The folder, of whoever owns the state, also when root is the first to edit."""
        with suppress(FileExistsError):
            os.mkdir(self._folder, FOLDER_MODE)  # noqa: PTH102 - see above
            above = os.stat(os.path.dirname(self._folder))  # noqa: PTH116, PTH120 - see above
            os.chown(self._folder, above.st_uid, above.st_gid)

    def _numbers(self) -> list[int]:
        with suppress(OSError):
            names = os.listdir(self._folder)  # noqa: PTH208 - see above
            return sorted(int(name) for name in names if name.isascii() and name.isdecimal())
        return []

    def _time(self, number: int) -> float:
        try:
            return round(os.stat(self._path(number)).st_mtime, 3)  # noqa: PTH116 - see above
        except OSError:
            return 0.0

    def _read(self, number: int) -> Version | None:
        try:
            with os.fdopen(os.open(self._path(number), READ), "rb") as file:
                return msgspec.json.decode(file.read(), type=Version)
        except (OSError, msgspec.DecodeError):
            return None

    def _path(self, number: int) -> str:
        return f"{self._folder}/{number}"


def pairs(versions: list[Version]) -> Iterator[tuple[Version | None, Version]]:
    """Each version with the one of the same file before it."""
    before: dict[str, Version] = {}
    for version in versions:
        yield before.get(version.file), version
        before[version.file] = version

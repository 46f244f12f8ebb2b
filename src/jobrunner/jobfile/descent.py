"""Opens files folder by folder, so that what is judged is what is read.

Each name is opened in the folder that was opened and judged before, and a file is judged by its
descriptor.  Whoever renames, links or swaps meanwhile changes which file is opened, but not what is
demanded of it.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Self

from msgspec import Struct

from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.jobfile import place
from jobrunner.jobfile.trust import (
    check_file,
    check_folder,
    check_led,
    check_link,
    shown,
    user_name,
)

HOST_FILE = f"{place.HOST_FOLDER}/{place.NAME}"
OWN = "Or have one of your own: jobrunner init --path ~/.config/jobrunner/jobs.toml"
MOST_LINKS = 40  # the kernel's own limit
NAME = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO must not hang who opens it, a terminal not become his.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Found(Struct, frozen=True, kw_only=True):
    """An open file that may be trusted, and the open folder in which it has this name."""

    path: str
    name: str
    folder: int
    file: int


@contextmanager
def opened(path: str, uid: int) -> Iterator[Found]:
    """The file that `path` leads to, links followed, for `uid` to read.

    ForbiddenError if somebody else could have written it or put it there, or `uid` may not read it;
    UnusableError if there is none, or it is no regular file.
    """
    with _Descent(path, uid) as descent:
        with _explained(descent):
            found = _open_file(descent)
        try:
            yield found
        finally:
            os.close(found.file)


def names_in(path: str, uid: int) -> list[str]:
    """The names in a folder, sorted, under the same demands; none if there is no such folder.

    A link that leads nowhere is an error: what it led to may be a disk that is not there today.
    """
    with _Descent(path, uid) as descent, _explained(descent):
        try:
            folder = os.open(descent.go_down(), LIST, dir_fd=descent.folder)
        except NotADirectoryError:
            return []
        except FileNotFoundError:
            if descent.is_in_link:
                raise
            return []
        try:
            check_folder(descent.at, os.fstat(folder), uid)
            return sorted(os.listdir(folder))  # noqa: PTH208 - a descriptor has no Path
        finally:
            os.close(folder)


def _open_file(descent: "_Descent") -> Found:
    name = descent.go_down()
    file = os.open(name, READ, dir_fd=descent.folder)
    try:
        _check_kind(descent.asked, file)
        status = os.fstat(file)
        check_file(descent.at, status, descent.uid, shared=descent.shared)
        if descent.is_led_astray or (descent.is_theirs and status.st_nlink > 1):
            check_led(descent.asked, descent.at, status, descent.uid)
    except BaseException:
        os.close(file)
        raise
    return Found(path=descent.at, name=name, folder=descent.folder, file=file)


def _check_kind(path: str, file: int) -> None:
    kind = stat.S_IFMT(os.fstat(file).st_mode)
    if kind != stat.S_IFREG:
        raise UnusableError(f"{shown(path)} is {KINDS.get(kind, 'something else')}, not a file.")


@contextmanager
def _explained(descent: "_Descent") -> Iterator[None]:
    asked = shown(descent.asked)
    try:
        yield
    except PermissionError as error:
        reader = user_name(descent.uid)
        own = f"\n{OWN}" if descent.asked == HOST_FILE else ""
        raise ForbiddenError(
            f"{asked} cannot be read by {reader}{descent.stop}.\n"
            f"Fix: let a group that {reader} is in read it (chgrp, chmod g+r)"
            f" and enter the folders above it (chmod g+x){own}"
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusableError(f"{asked} cannot be read: {reason}{descent.stop}.") from error


def _root(path: str) -> int:
    try:
        return os.open("/", NAME)
    except OSError as error:  # no descriptor is left
        raise UnusableError(f"{shown(path)} cannot be read: {error.strerror}.") from error


class _Descent:
    """The way to a file: the folder where it stands, and what is left of the path."""

    def __init__(self, path: str, uid: int) -> None:
        self.asked = self.at = path
        self.uid = uid
        self.shared = False
        self.is_in_link = False
        # Somebody beside root and the reader made a link on the way, or the folder at its end.
        self.is_led_astray = self.is_theirs = False
        self.folder = _root(path)
        self._where = PurePath("/")
        self._links = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.folder)

    @property
    def stop(self) -> str:
        """Where on the way it ended, if not at its end."""
        return "" if self.at == self.asked else f" ({shown(self.at)})"

    def go_down(self) -> str:
        """Stand in the folder that holds what the path leads to, and return its name there."""
        asked = PurePath(self.asked)
        if not asked.is_absolute():
            asked = PurePath(os.getcwd(), asked)  # noqa: PTH109
        left = [*reversed(asked.parts[1:])]
        behind_link = len(left)
        while True:
            folder = os.fstat(self.folder)
            self.shared = check_folder(str(self._where), folder, self.uid)
            self.is_theirs = folder.st_uid not in {0, os.geteuid()}
            name = left.pop() if left else "."
            self.is_in_link = len(left) >= behind_link
            self.at = str(self._where.parent if name == ".." else self._where / name)
            entry = os.open(name, NAME, dir_fd=self.folder)
            try:
                if stat.S_ISLNK(os.fstat(entry).st_mode):
                    behind_link = len(left)
                    left += reversed(self._follow(entry))
                elif left:
                    entry = self._enter(entry)
                else:
                    return name
            finally:
                os.close(entry)

    def _enter(self, entry: int) -> int:
        """Stand in this folder; the one to close is handed back."""
        if not stat.S_ISDIR(os.fstat(entry).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self._where = PurePath(self.at)
        self.folder, before = entry, self.folder
        return before

    def _follow(self, entry: int) -> tuple[str, ...]:
        """The names that this link puts in its own place; the way starts again if they say so."""
        self._links += 1
        if self._links > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        link = os.fstat(entry)
        check_link(self.at, link, self.uid, shared=self.shared)
        self.is_led_astray |= link.st_uid not in {0, os.geteuid()}
        target = PurePath(os.readlink("", dir_fd=entry))
        if not target.is_absolute():
            return target.parts
        root = os.open("/", NAME)
        os.close(self.folder)
        self._where, self.folder = PurePath("/"), root
        return target.parts[1:]

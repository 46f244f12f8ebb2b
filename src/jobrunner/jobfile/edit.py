"""Edits a file on disk: locked, checked before it counts, whole at any moment."""

import os
from collections.abc import Callable

from msgspec import Struct

from jobrunner.errors import BusyError, ForbiddenError, UnusableError
from jobrunner.jobfile.descent import Found, opened
from jobrunner.jobfile.disk import read_whole
from jobrunner.jobfile.lock import locked
from jobrunner.jobfile.replace import replace
from jobrunner.jobfile.trust import shown, user_name

PATIENCE = 10.0


class Edit(Struct, frozen=True, kw_only=True):
    """What an edit did: the file itself, links followed, and its text before and after."""

    path: str
    old: str
    new: str


def edit(
    path: str,
    change: Callable[[str], str],
    check: Callable[[str], None],
    *,
    uid: int,
    patience: float = PATIENCE,
) -> Edit:
    """Give the file the text that `change` makes of it, if `check` does not raise.

    1. Find the file and lock it, under the demands that are made of one that is read.
    2. Read, change, check.  3. Write beside it, see that nobody changed it meanwhile, rename.

    BusyError if somebody else edits it, ForbiddenError if it may not be read or written, and
    whatever `change` and `check` raise: in all cases the file is as it was.
    """
    with opened(path, uid) as found:
        real = found.path
    with locked(real, uid, patience), opened(real, uid) as found:
        content = _content(found, real)
        old = _text(content, path)
        new = change(old)
        check(new)
        if new != old:
            _write(found, content, _bytes(new, path), uid)
        return Edit(path=real, old=old, new=new)


def _content(found: Found, locked_path: str) -> bytes:
    content = read_whole(found.file, found.path)
    if content is None or found.path != locked_path:
        raise _changed(found)
    return content


def _write(found: Found, old: bytes, new: bytes, uid: int) -> None:
    before = os.fstat(found.file)

    def last_look() -> None:
        now = os.stat(found.name, dir_fd=found.folder, follow_symlinks=False)
        os.lseek(found.file, 0, os.SEEK_SET)
        if _identity(now) != _identity(before) or read_whole(found.file, found.path) != old:
            raise _changed(found)

    try:
        replace(found, new, last_look)
    except PermissionError as error:
        who = user_name(uid)
        raise ForbiddenError(f"{shown(found.path)} cannot be written by {who}.") from error
    except OSError as error:
        raise UnusableError(f"{shown(found.path)} is not edited: {error.strerror}.") from error


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _changed(found: Found) -> BusyError:
    return BusyError(
        f"{shown(found.path)} was changed by somebody else meanwhile; nothing is done."
    )


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is no UTF-8"
        raise UnusableError(f"{shown(path)} is not a text: {where}.") from error


def _bytes(text: str, path: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise UnusableError(f"{shown(path)}: the new text cannot be written.") from error

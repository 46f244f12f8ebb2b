"""Puts a new content in the place of a file: at any moment there is the old one or the new one."""

import errno
import os
import re
from collections.abc import Callable
from contextlib import suppress

from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.jobfile.descent import Found
from jobrunner.jobfile.trust import shown

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
KEPT = re.compile(r"user\..*|system\.posix_acl_access|security\.selinux")


def replace(found: Found, content: bytes, last_look: Callable[[], None]) -> None:
    """Write beside the file, make it durable, have a `last_look`, rename.

    Owner, group, mode, ACL and the user's extended attributes stay; if they cannot, ForbiddenError,
    and the file is as it was.
    """
    _sweep(found)
    name = f".{found.name}.{os.urandom(8).hex()}.tmp"
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=found.folder)
    try:
        file = os.open(name, NEW, 0o600, dir_fd=folder)
        try:
            _fill(file, content)
            _take_after(file, found)
            os.fsync(file)
            last_look()
            os.rename(name, found.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.unlink(name, dir_fd=folder)
            raise
        finally:
            os.close(file)
        _settle(folder, found)
    finally:
        os.close(folder)


def _settle(folder: int, found: Found) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        danger = f"a power cut may undo it: {error.strerror}"
        raise UnusableError(f"{shown(found.path)} is edited, but {danger}.") from error


def _fill(file: int, content: bytes) -> None:
    with open(file, "wb", closefd=False) as stream:
        stream.write(content)


def _take_after(file: int, found: Found) -> None:
    """Give the new file what the old one has; the owner first, because that clears the mode."""
    old = os.fstat(found.file)
    try:
        new = os.fstat(file)
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            os.fchown(file, old.st_uid, old.st_gid)
        _take_attributes(file, found.file)
        os.fchmod(file, old.st_mode & 0o7777)
    except OSError as error:
        reason = "its owner, mode and attributes cannot be kept"
        raise ForbiddenError(f"{shown(found.path)} is not edited: {reason}.") from error


def _take_attributes(file: int, old: int) -> None:
    """The same attributes, an ACL too; one that the folder gave the new file goes."""
    before, wanted = _attributes(file), _attributes(old)
    for name in before.keys() - wanted.keys():
        os.removexattr(file, name)
    for name, value in wanted.items():
        if before.get(name) != value:
            os.setxattr(file, name, value)


def _attributes(file: int) -> dict[str, bytes]:
    try:
        return {
            name: os.getxattr(file, name) for name in os.listxattr(file) if KEPT.fullmatch(name)
        }
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return {}  # a file system without any


def _sweep(found: Found) -> None:
    """Remove what an edit left that was killed; there is no other one now, because of the lock."""
    leftover = re.compile(rf"\.{re.escape(found.name)}\.[0-9a-f]{{16}}\.tmp")
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=found.folder)
    try:
        for name in filter(leftover.fullmatch, os.listdir(folder)):  # noqa: PTH208 - a descriptor
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
    finally:
        os.close(folder)

"""Makes a file that is not there yet: whole at any moment, and never in the place of another."""

import os
import secrets
from pathlib import PurePath

from msgspec import Struct

from jobrunner.errors import BusyError, ForbiddenError, UnusableError
from jobrunner.jobfile.descent import names_in
from jobrunner.jobfile.trust import shown

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Access(Struct, frozen=True):
    """A mode, and whose group it is for; -1 leaves the group."""

    mode: int
    group: int = -1


def create(path: str, text: str, uid: int, access: Access | None = None) -> None:
    """Write a new file, its folder made if need be; without `access` as the umask has it.

    BusyError if it is there already, ForbiddenError if somebody else could replace it.
    """
    make_folder(path, uid)
    try:
        _create(PurePath(path), text.encode(), access)
    except FileExistsError as error:
        raise BusyError(f"{shown(path)} exists already; nothing was changed.") from error
    except PermissionError as error:
        raise ForbiddenError(f"{shown(path)} cannot be made: {error.strerror}.") from error
    except OSError as error:
        raise UnusableError(f"{shown(path)} cannot be made: {error.strerror}.") from error


def make_folder(path: str, uid: int) -> None:
    """Make the folder of a file to be; ForbiddenError if others could replace what it holds."""
    folder = str(PurePath(path).parent)
    try:
        os.makedirs(folder, 0o755, exist_ok=True)  # noqa: PTH103 - paths are strings here
    except OSError as error:
        raise ForbiddenError(f"{shown(folder)} cannot be made: {error.strerror}.") from error
    names_in(folder, uid)


def _create(place: PurePath, content: bytes, access: Access | None) -> None:
    # The name is one that an edit sweeps away, should this be killed.
    draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}.tmp")
    file = os.open(draft, NEW, 0o644)
    try:
        with open(file, "wb", closefd=False) as stream:
            stream.write(content)
        if access:
            os.fchown(file, -1, access.group)
            os.fchmod(file, access.mode)
        os.fsync(file)
        os.link(draft, place)
    finally:
        os.close(file)
        os.unlink(draft)  # noqa: PTH108 - see above
    _settle(place.parent)


def _settle(folder: PurePath) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

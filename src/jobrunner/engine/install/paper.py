"""The files that are written for cron and systemd: made, renewed while intact, and taken away."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path

from jobrunner.config.spelling import shown
from jobrunner.engine.draft.create import Access, create
from jobrunner.errors import BusyError, ForbiddenError, UnusableError
from jobrunner.formats.seal import is_intact
from jobrunner.jobfile.descent import opened
from jobrunner.jobfile.disk import read_whole
from jobrunner.jobfile.replace import replace
from jobrunner.words import listed

MODE = 0o644


class Standing(Enum):
    """How a file stands to the one that would be written."""

    ABSENT = "absent"
    SAME = "same"
    OLDER = "older"  # written by us, and not changed since
    CHANGED = "changed"  # by hand, or never ours


def standing(path: str, text: str | None = None) -> Standing:
    try:
        found = Path(path).read_bytes().decode(errors="surrogateescape")
    except FileNotFoundError:
        return Standing.ABSENT
    except OSError as error:
        raise ForbiddenError(f"{shown(path)} cannot be read: {error.strerror}.") from error
    if found == text:
        return Standing.SAME
    return Standing.OLDER if is_intact(found) else Standing.CHANGED


def write(papers: Mapping[str, str], uid: int) -> list[str]:
    """Write those that are not there or older, all or none; which ones those are.

    BusyError if one is there that is not ours to change.
    """
    stands = {path: standing(path, text) for path, text in papers.items()}
    if foreign := [path for path, found in stands.items() if found is Standing.CHANGED]:
        raise BusyError(
            f"{listed(map(shown, foreign))} is there already, and not as install would write it.\n"
            "Move it away to have it written anew."
        )
    wanted = [path for path, found in stands.items() if found is not Standing.SAME]
    before: dict[str, bytes] = {}
    made: list[str] = []
    try:
        for path in wanted:
            if stands[path] is Standing.OLDER:
                before[path] = _renew(path, papers[path].encode(), uid)
            else:
                create(path, papers[path], uid, Access(MODE))
                made.append(path)
    except BaseException:
        remove(made)
        for path, content in before.items():
            _renew(path, content, uid)
        raise
    return wanted


def _renew(path: str, content: bytes, uid: int) -> bytes:
    """Put a content in the place of another in one step; the other one."""
    with opened(path, uid) as found:
        old = read_whole(found.file, path)
        if old is None:
            raise BusyError(f"{shown(path)} changes while it is read; nothing is done.")
        try:
            replace(found, content, lambda: None)
        except OSError as error:
            raise UnusableError(f"{shown(path)} cannot be renewed: {error.strerror}.") from error
    return old


def remove(paths: Iterable[str]) -> None:
    """Take them away, whoever may have done it meanwhile."""
    for path in paths:
        try:
            with suppress(FileNotFoundError):
                Path(path).unlink()
        except OSError as error:
            raise ForbiddenError(f"{shown(path)} cannot be removed: {error.strerror}.") from error

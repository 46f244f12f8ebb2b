"""The crontabs of a host: found, read, and written back through cron's own program."""

import os
import shutil
from collections.abc import Iterator
from pathlib import PurePath

from msgspec import Struct

from jobrunner.config.crontab import Style
from jobrunner.config.crontab_jobs import style_of
from jobrunner.config.outside import CRON_D, CRON_D_NAME, SPOOLED
from jobrunner.config.spelling import quoted, shown
from jobrunner.engine.install import crontab
from jobrunner.errors import BusyError, ForbiddenError, UnknownError, UnusableError
from jobrunner.jobfile.descent import opened
from jobrunner.jobfile.disk import Disk, read_whole
from jobrunner.jobfile.place import Asker
from jobrunner.jobfile.replace import replace

SYSTEM = "/etc/crontab"
PROGRAM = "crontab"


class Tab(Struct, frozen=True, kw_only=True):
    """One crontab as it is: a file at `path`, else the one that cron keeps for `owner`.

    `user` runs its lines where these do not say who does.
    """

    title: str
    content: bytes
    style: Style
    user: str = ""
    path: str = ""
    owner: str = ""

    @property
    def text(self) -> str:
        """What it says; bytes that are no UTF-8 are kept apart as surrogates."""
        return self.content.decode(errors="surrogateescape")


def of_file(path: str, style: Style | None, asker: Asker) -> Tab:
    """The crontab in a file."""
    whole = str(PurePath(asker.cwd, path))
    owner = SPOOLED.fullmatch(whole)
    return Tab(
        title=shown(path),
        content=Disk(asker.uid).read(whole),
        style=style or style_of(whole),
        user=owner[1] if owner else "",
        path=whole,
    )


def of_pipe(content: bytes, style: Style | None) -> Tab:
    """The crontab that somebody pipes in."""
    return Tab(title="standard input", content=content, style=style or "user")


def of_user(user: str, asker: Asker) -> Tab:
    """The crontab that cron keeps for a user; without a name, for the asker."""
    if shutil.which(PROGRAM) is None:
        hint = "Name a file instead: jobrunner import crontab FILE"
        raise UnusableError(f"there is no program {PROGRAM} on this host.\n{hint}")
    content = crontab.read(PROGRAM, user)
    if content is None:
        whom = f"user {quoted(user)} has" if user else "you have"
        raise UnknownError(
            f"{whom} no crontab.\nRead a file instead: jobrunner import crontab FILE"
        )
    is_other = bool(user) and asker.uid == 0
    return Tab(
        title=f"the crontab of {user}" if user else "your crontab",
        content=content,
        style="user",
        user=user if is_other else "",
        owner=user,
    )


def of_system(asker: Asker) -> list[Tab]:
    """/etc/crontab, and the files of /etc/cron.d that cron would read."""
    return [of_file(path, "system", asker) for path in _system_files(Disk(asker.uid))]


def put_back(tab: Tab, content: bytes, asker: Asker) -> None:
    """Give the crontab another content; BusyError if it is no longer what was read."""
    if tab.path:
        _put_file(tab, content, asker.uid)
    else:
        crontab.write(PROGRAM, tab.content, content, tab.owner)


def restoring(tab: Tab, copy: str) -> str:
    """The command that puts a kept copy in its place."""
    if tab.path:
        return f"cp {copy} {tab.path}"
    return f"crontab -u {tab.owner} {copy}" if tab.owner else f"crontab {copy}"


def _system_files(disk: Disk) -> Iterator[str]:
    if os.path.lexists(SYSTEM):
        yield SYSTEM
    yield from filter(CRON_D_NAME.fullmatch, disk.matches(f"{CRON_D}*"))


def _put_file(tab: Tab, content: bytes, uid: int) -> None:
    with opened(tab.path, uid) as found:

        def last_look() -> None:
            os.lseek(found.file, 0, os.SEEK_SET)
            if read_whole(found.file, found.path) != tab.content:
                raise BusyError(
                    f"{tab.title} was changed by somebody else meanwhile; it is left as it is."
                )

        try:
            replace(found, content, last_look)
        except PermissionError as error:
            raise ForbiddenError(f"{shown(tab.path)} cannot be written.") from error
        except OSError as error:
            raise UnusableError(f"{shown(tab.path)}: {error.strerror}.") from error

"""Whose files may say what runs: owner and mode, judged on what was opened.

Root's files are everybody's to trust, and so are one's own.  For root, neither the file nor any
folder on the way to it may be writable by its group or by others; for another user, as for git,
not by others: to share a folder with a group is his to decide.  A sticky folder, such as /tmp, lets
others add names but not replace these: it is passed through, if what is in it has the right owner.

An ACL shows in the mode: its mask takes the place of the group's bits, and `chmod g-w` clears it.
"""

import grp
import os
import pwd
import shlex
import stat

from jobrunner.errors import ForbiddenError


def check_file(path: str, status: os.stat_result, uid: int, *, shared: bool) -> None:
    """Refuse a file that somebody else could have written; `shared` says that its folder is."""
    _check_owner(path, status, uid)
    if letter := _writers(status, uid):
        danger = f"is writable by {_who(letter, status)} and {_would_run(uid)}"
        raise _forbidden(path, danger, f"chmod {letter}-w {_typed(path)}")
    if shared and status.st_nlink > 1:
        danger = "has a second name, in a folder where anybody may give one"
        raise _forbidden(path, danger, "move it to a folder of its own")


def check_folder(path: str, status: os.stat_result, uid: int) -> bool:
    """Refuse a folder where somebody else can replace a name; tell whether others can add one."""
    _check_owner(path, status, uid)
    letter = _writers(status, uid)
    if letter and not status.st_mode & stat.S_ISVTX:
        danger = f"is writable by {_who(letter, status)}, and what it holds {_would_run(uid)}"
        raise _forbidden(path, danger, f"chmod {letter}-w {_typed(path)}")
    return bool(letter)


def check_link(path: str, status: os.stat_result, uid: int, *, shared: bool) -> None:
    """Refuse a link that somebody else put into a shared folder; elsewhere the folder decides."""
    if shared:
        _check_owner(path, status, uid)


def check_led(asked: str, path: str, status: os.stat_result, uid: int) -> None:
    """Refuse a file of another one to which this user's own link leads who reads for him.

    Root reads what a user may not: by a link he would get it all the same.
    """
    if status.st_uid != uid:
        who = user_name(uid)
        raise ForbiddenError(
            f"{shown(asked)} is a link of {who} to a file of {user_name(status.st_uid)}.\n"
            f"Fix: name the file itself, if {who} may have what is in it: {shown(path)}"
        )


def check_own(path: str, status: os.stat_result, uid: int) -> None:
    """Refuse what more than this user and his own group could have written."""
    _check_owner(path, status, uid)
    letter = "o" if status.st_mode & stat.S_IWOTH else ""
    if not letter and status.st_mode & stat.S_IWGRP and status.st_gid != _own_group(uid):
        letter = "g"
    if letter:
        danger = f"is writable by {_who(letter, status)}, and what it says {_would_run(uid)}"
        raise ForbiddenError(f"{shown(path)} {danger}.")


def shown(path: str) -> str:
    """The path, harmless to a terminal."""
    return path if path.isprintable() else ascii(path)


def user_name(uid: int) -> str:
    """The user's name, or his number if he has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _check_owner(path: str, status: os.stat_result, uid: int) -> None:
    if status.st_uid in {0, uid}:
        return
    danger = f"belongs to {user_name(status.st_uid)} and {_would_run(uid)}"
    owner = user_name(uid) if uid == 0 else str(uid)
    raise _forbidden(path, danger, f"chown {owner} {_typed(path)}")


def _own_group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _writers(status: os.stat_result, uid: int) -> str:
    """Who may write besides the owner, as a letter of chmod; empty if nobody who matters."""
    if status.st_mode & stat.S_IWOTH:
        return "go" if uid == 0 and status.st_mode & stat.S_IWGRP else "o"
    return "g" if uid == 0 and status.st_mode & stat.S_IWGRP else ""


def _who(letter: str, status: os.stat_result) -> str:
    if letter != "g":
        return "everybody"
    try:
        return f'group "{grp.getgrgid(status.st_gid).gr_name}"'
    except KeyError:
        return f"group {status.st_gid}"


def _would_run(uid: int) -> str:
    return f"would run as {user_name(uid)}"


def _typed(path: str) -> str:
    return shlex.quote(shown(path))


def _forbidden(path: str, danger: str, fix: str) -> ForbiddenError:
    return ForbiddenError(f"{shown(path)} {danger}.\nFix: {fix}")

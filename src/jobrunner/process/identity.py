"""Who a command runs as: a user, a group, and exactly the groups that this user has."""

import grp
import os
import pwd

from msgspec import Struct

from jobrunner.process.failure import Failure, unknown


class Identity(Struct, frozen=True, kw_only=True):
    """An account as the kernel wants it, and what its environment is made of."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    name: str
    home: str
    shell: str

    def is_ours(self) -> bool:
        """Whether this process already is who the command should be."""
        mine = (os.getuid(), os.geteuid(), os.getgid(), os.getegid(), frozenset(os.getgroups()))
        return mine == (self.uid, self.uid, self.gid, self.gid, frozenset(self.groups))


def identify(user: str, group: str = "") -> Identity | Failure:
    """The account with this name or number; a `group` takes the place of its own first one.

    The supplementary groups are those of the account, never those of this process.
    """
    account = _account(user)
    if account is None:
        return unknown("user", user)
    gid = _group(group) if group else account.pw_gid
    if gid is None:
        return unknown("group", group)
    return Identity(
        uid=account.pw_uid,
        gid=gid,
        groups=tuple(sorted({gid, *os.getgrouplist(account.pw_name, gid)})),
        name=account.pw_name,
        home=account.pw_dir,
        shell=account.pw_shell,
    )


def _account(user: str) -> pwd.struct_passwd | None:
    # A name of digits alone is a name first, as for chown(1).
    try:
        return pwd.getpwnam(user)
    except (KeyError, ValueError):
        pass
    try:
        return pwd.getpwuid(int(user)) if _is_number(user) else None
    except (KeyError, OverflowError):
        return None


def _group(group: str) -> int | None:
    try:
        return grp.getgrnam(group).gr_gid
    except (KeyError, ValueError):
        pass
    try:
        return grp.getgrgid(int(group)).gr_gid if _is_number(group) else None
    except (KeyError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()

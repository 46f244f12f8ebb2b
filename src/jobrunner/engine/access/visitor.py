"""Whoever a request comes from, and what they may do."""

from fnmatch import fnmatchcase
from typing import Literal

from msgspec import Struct

from jobrunner.model.access import PERMISSIONS, Role


class Visitor(Struct, frozen=True, kw_only=True):
    """Who looks in, with which rights; nobody is None.

    `how` tells by what they are known, `token` is the number of theirs, if they have one.
    """

    name: str
    role: Role
    jobs: tuple[str, ...] = ()
    token: int | None = None
    address: str = ""
    how: Literal["token", "session", "proxy", "anonymous"]

    @property
    def permissions(self) -> tuple[str, ...]:
        """What they may do, as the API names it."""
        return PERMISSIONS[self.role]

    def may(self, role: Role) -> bool:
        """Whether they may do what this role may."""
        return self.role.covers(role)

    def sees(self, job: str) -> bool:
        """Whether a job is among theirs, by patterns; without one every job is."""
        return not self.jobs or any(fnmatchcase(job, pattern) for pattern in self.jobs)

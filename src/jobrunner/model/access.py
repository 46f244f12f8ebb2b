"""Who may do what over the network: roles, tokens, sessions, and what was done."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

MARK = 16  # digits


class Role(StrEnum):
    """What a token is good for; each role may do what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, other: "Role") -> bool:
        """Whether it may do all that the other may."""
        return {*PERMISSIONS[other]} <= {*PERMISSIONS[self]}


PERMISSIONS: Mapping[Role, tuple[str, ...]] = MappingProxyType(
    {
        Role.VIEWER: ("job.read",),
        Role.OPERATOR: ("job.read", "job.execute"),
        Role.ADMIN: ("job.read", "job.execute", "job.write", "admin"),
    }
)


class Token(Struct, frozen=True, kw_only=True):
    """A key to the page and the API, without the secret that nobody keeps.

    `prefix` is how the secret begins.  `jobs` are patterns of names; without one it is every job.
    """

    id: int
    name: str
    prefix: str
    role: Role
    jobs: tuple[str, ...] = ()
    created_at: datetime
    created_by: str = ""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    used_from: str = ""

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Session(Struct, frozen=True, kw_only=True):
    """A browser that is signed in with a token."""

    hash: str
    token: Token
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_from: str = ""

    @property
    def mark(self) -> str:
        """The digits of its hash that tell it from others; they open nothing."""
        return self.hash[:MARK]


class Repeat(Struct, frozen=True, kw_only=True):
    """A change that carries a key, and what was answered to it; '' if nothing was yet.

    `request` tells it from others that carry the same key.
    """

    request: str
    began_at: datetime
    answer: str = ""


class Deed(Struct, frozen=True, kw_only=True):
    """What somebody changed, or was refused to: a row of the audit."""

    id: int = 0
    happened_at: datetime
    who: str
    address: str = ""
    action: str
    subject: str = ""
    detail: str = ""
    outcome: str = ""

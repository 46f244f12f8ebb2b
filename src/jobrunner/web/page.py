"""What every page is told beside its own matter: where, when, for whom, and how it stands."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct


class Place(Struct, frozen=True):
    """A page of the navigation: its key, its path under the base, its name, its letter after `g`.

    Who has not got the role does not see it; what is `shared` is of a ledger of many hosts alone.
    """

    key: str
    path: str
    name: str
    letter: str
    role: str = "viewer"
    shared: bool = False


NAVIGATION = (
    Place("overview", "", "Overview", "o"),
    Place("runs", "runs", "Runs", "r"),
    Place("calendar", "calendar", "Calendar", "c"),
    Place("stats", "stats", "Stats", "s"),
    Place("load", "load", "Load", "l"),
    Place("gaps", "gaps", "Gaps", "g"),
    Place("alerts", "alerts", "Alerts", "a"),
    Place("hosts", "hosts", "Hosts", "h", shared=True),
    Place("config", "config", "Config", "f", role="admin"),
    Place("audit", "audit", "Audit", "u", role="admin"),
    Place("tokens", "tokens", "Tokens", "t", role="admin"),
    Place("doctor", "doctor", "Doctor", "d"),
    Place("api", "docs", "API", "p"),
)


class Named(Protocol):
    """Somebody with a name and a role."""

    @property
    def name(self) -> str: ...

    @property
    def role(self) -> str: ...


def nobody_may(_role: str) -> bool:
    """Who is not signed in may nothing."""
    return False


class Frame(Struct, frozen=True, kw_only=True):
    """The frame of a page.

    `now` is in the zone that times are shown in, and `zone` is its name.  `nav` is a key of
    NAVIGATION.  `may` tells whether the visitor has a role.  `ticked_at` is the last tick, and
    `is_late` says that the next one is overdue.  `trouble` counts the jobs that fail.  With
    `refresh` the page looks for news by itself; with `editing` jobs.toml may be changed here.
    `door` is where the visitor may go to be somebody else: nowhere if a token or a proxy says who.
    `notice` is said once, of what was just done, or with `is_refusal` of what was not.  Of a ledger
    that `is_shared` there may be many hosts.
    """

    title: str
    now: datetime
    zone: str
    host: str = ""
    base_path: str = ""
    nav: str = ""
    visitor: Named | None = None
    door: Literal["sign-in", "sign-out", ""] = "sign-in"
    may: Callable[[str], bool] = nobody_may
    ticked_at: datetime | None = None
    is_late: bool = False
    trouble: int = 0
    editing: bool = False
    notice: str = ""
    is_refusal: bool = False
    refresh: bool = True
    is_shared: bool = False

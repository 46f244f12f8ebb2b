"""Where runs are kept: opening the ledger that a path or URL names."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from jobrunner.errors import StoreError

if TYPE_CHECKING:
    from jobrunner.store.base import Store

SQLITE = "sqlite"


def open_store(location: str | Path, *, anywhere: bool = False) -> "Store":
    """Open the ledger, which has to be there and of this version's schema."""
    path = path_of(location)
    # A driver is imported when its ledger is asked for: users of one need not have the others.
    from jobrunner.store.sqlite import store  # noqa: PLC0415

    return store.open_store(path, anywhere=anywhere)


def migrate_store(location: str | Path, *, anywhere: bool = False) -> list[str]:
    """Make the ledger or bring it up to date; the names of the steps that were needed."""
    path = path_of(location)
    from jobrunner.store.sqlite import migration  # noqa: PLC0415

    return migration.migrate(path, anywhere=anywhere)


def path_of(location: str | Path) -> Path:
    """The file that a location names: a path, or sqlite:///relative, sqlite:////absolute."""
    if isinstance(location, Path) or "://" not in location:
        return Path(location)
    address = urlsplit(location)
    if address.scheme != SQLITE:
        raise StoreError(f"{address.scheme}: no such kind of ledger; there is {SQLITE}:///PATH")
    if address.netloc or not address.path.strip("/"):
        raise StoreError(f"{location}: names no file; write {SQLITE}:////var/lib/ledger.db")
    return Path(unquote(address.path.removeprefix("/")))

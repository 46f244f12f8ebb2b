"""Where runs are kept: opening the ledger that a path or URL names."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from jobrunner.errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from jobrunner.store.sqlite.recovery import Recovered
    from jobrunner.store.sqlite.store import SqliteStore

SQLITE = "sqlite"


def open_store(location: str | Path, *, anywhere: bool = False) -> "SqliteStore":
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


def recover_store(location: str | Path, now: "datetime") -> "Recovered":
    """Save what can be read of a damaged ledger into a new one in its place; it is kept aside."""
    path = path_of(location)
    from jobrunner.store.sqlite import recovery  # noqa: PLC0415

    return recovery.recover(path, now)


def path_of(location: str | Path) -> Path:
    """The file that a location names: a path, or sqlite:///var/lib/ledger.db.

    In a URL it is absolute, whether three slashes are written or, as others want it, four: a tick
    has no folder of its own that a relative one could start from.
    """
    if isinstance(location, Path) or "://" not in location:
        return Path(location)
    address = urlsplit(location)
    if address.scheme != SQLITE:
        raise StoreError(f"{address.scheme}: no such kind of ledger; there is {SQLITE}:///PATH")
    if address.netloc or not address.path.strip("/"):
        raise StoreError(f"{location}: names no file; write {SQLITE}:///var/lib/ledger.db")
    return Path("/" + unquote(address.path).lstrip("/"))

"""What a location of the ledger names: a path or URL in, a file out, or a server that has it."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jobrunner.errors import StoreError

SQLITE = "sqlite"
SERVERS = ("postgresql://", "postgres://")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def is_shared(location: str | Path) -> bool:
    """Whether it names a server, on which many hosts may have their ledger."""
    return isinstance(location, str) and location.lower().startswith(SERVERS)


def is_url(location: str) -> bool:
    """Whether it is no path, where either may stand."""
    return bool(SCHEME.match(location))


def path_of(location: str | Path) -> Path:
    """The file that a location names: a path, or sqlite:///var/lib/ledger.db.

    In a URL it is absolute, whether three slashes are written or, as others want it, four: a tick
    has no folder of its own that a relative one could start from.
    """
    if isinstance(location, Path) or "://" not in location:
        return Path(location)
    address = urlsplit(location)
    if address.scheme != SQLITE:
        raise StoreError(
            f"{address.scheme}: no such kind of ledger; there are {SQLITE}:///PATH and postgresql://…"
        )
    if address.netloc or not address.path.strip("/"):
        raise StoreError(f"{location}: names no file; write {SQLITE}:///var/lib/ledger.db")
    return Path("/" + unquote(address.path).lstrip("/"))

"""What a location of the ledger names: a path or URL in, a file out, or a server that has it."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from jobrunner.errors import StoreError

SQLITE = "sqlite"
SERVERS = ("postgresql://", "postgres://")


def is_shared(location: str | Path) -> bool:
    """Whether it names a server, on which many hosts may have their ledger."""
    return isinstance(location, str) and location.startswith(SERVERS)


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

"""The files that pages ask for: read once, named with a digest of what they hold."""

import gzip
from pathlib import Path

from msgspec import Struct

from jobrunner.digest import sha256

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(Struct, frozen=True):
    """One file: what it holds, also packed, its media type, and what tells it from others."""

    body: bytes
    packed: bytes
    media_type: str
    version: str


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, mtime=0)
    return Asset(body, packed, TYPES[path.suffix], sha256(body).hexdigest()[:12])


# By name, so that no request is ever a path; in memory, so that an upgrade beneath changes nothing.
ASSETS = {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}

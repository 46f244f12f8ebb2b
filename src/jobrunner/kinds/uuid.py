"""A run's name for the world outside: a UUIDv7 that every attempt and every reader comes to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from jobrunner.digest import sha256

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
VERSION, VARIANT = 7, 0b10


def run_uuid(created_at: datetime, instance: str, run: int) -> str:
    """As in RFC 9562: 48 bits of time, and a hash of whose run it is in place of 74 random ones.

    `instance` tells one ledger from all others.
    """
    time = (created_at - BEGINNING) // MILLISECOND & (1 << 48) - 1
    drawn = int.from_bytes(sha256(f"{instance}\0{run}".encode()).digest())
    high, low = drawn & (1 << 12) - 1, drawn >> 12 & (1 << 62) - 1
    return str(UUID(int=time << 80 | VERSION << 76 | high << 64 | VARIANT << 62 | low))

"""`jitter`: a fixed delay for each job, slot and place, so that a fleet spreads out."""

from datetime import datetime, timedelta

from jobrunner.digest import blake2b


def jitter(span: timedelta, *identity: str | datetime) -> timedelta:
    """A delay in [0, span], in whole milliseconds: the same for the same identity, everywhere."""
    words = (part.isoformat() if isinstance(part, datetime) else part for part in identity)
    digest = blake2b("\0".join(words).encode(), digest_size=8).digest()
    choices = span // timedelta(milliseconds=1) + 1
    return timedelta(milliseconds=int.from_bytes(digest) % choices)

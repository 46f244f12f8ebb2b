"""Changes that carry a key: asked for again, they are answered as before and not made again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import DecodeError, Struct, json

from jobrunner.digest import sha256
from jobrunner.errors import BusyError, UnusableError
from jobrunner.store.base import Store

LASTS = timedelta(hours=24)
SOON = timedelta(minutes=2)  # in which every answer is there


class ReusedKeyError(UnusableError):
    """The key stands for another request."""


class OpenKeyError(BusyError):
    """The change is being made, or it was begun and nobody knows what came of it."""


class Kept(Struct, frozen=True, kw_only=True):
    """An answer as it was sent."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: str


def digest(*parts: str | bytes) -> str:
    """What tells keys, or requests, apart: none of their parts can be read off it."""
    found = sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        found.update(len(content).to_bytes(8) + content)
    told: str = found.hexdigest()
    return told


def begin(store: Store, key: str, request: str, *, now: datetime) -> Kept | None:
    """Take the key for this request, or find what was answered to it; both are digests."""
    found = store.take_key(key, request, since=now - LASTS, now=now)
    if found is None:
        return None
    if found.request != request:
        raise ReusedKeyError("This Idempotency-Key was sent with another request: take a new one.")
    if found.answer:
        return _kept(found.answer)
    began = f"{found.began_at:%Y-%m-%d %H:%M:%S} UTC"
    if now - found.began_at < SOON:
        raise OpenKeyError(f"The same request has been going on since {began}; ask again.")
    raise OpenKeyError(
        f"The same request was begun at {began}, and nobody knows what came of it."
        " Look whether it was done, and if not take a new key."
    )


def end(store: Store, key: str, kept: Kept) -> None:
    """Keep the answer."""
    store.answer_key(key, json.encode(kept).decode())


def let_go(store: Store, key: str) -> None:
    """Let the same be asked for again: it was not done."""
    store.free_key(key)


def _kept(text: str) -> Kept:
    try:
        return json.decode(text, type=Kept)
    except DecodeError as error:  # others may write the ledger
        raise OpenKeyError("What was answered cannot be read: take a new key.") from error

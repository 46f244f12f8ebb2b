"""Tokens: made once, shown once, found again by their hash."""

import re
import secrets
import shlex
from binascii import crc32
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from jobrunner.config.spelling import quoted
from jobrunner.digest import sha256
from jobrunner.errors import BusyError, StoreBusyError, UnusableError
from jobrunner.model.access import Role, Token
from jobrunner.store.base import Store

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
START = "jr_"
RANDOM = 43  # characters of 62 kinds: 256 bits
CHECK = 6
FORM = re.compile(rf"{START}[0-9A-Za-z]{{{RANDOM + CHECK}}}")
SHOWN = 8  # characters of the secret, to tell tokens apart
LONGEST = 64
LONGEST_PATTERN = 256
MOST_PATTERNS = 100


def make() -> str:
    """A new secret; the end is a checksum, so that others can tell a leaked one from noise."""
    front = START + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return front + _checksum(front)


def looks_like(secret: str) -> bool:
    """Whether it can be a token at all, whatever was sent in the place of one."""
    return bool(FORM.fullmatch(secret)) and _checksum(secret[:-CHECK]) == secret[-CHECK:]


def digest(secret: str) -> str:
    """What is kept of a secret: of 256 random bits a slow hash would protect nothing more."""
    hashed: str = sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
    return hashed


def blotted(text: str) -> str:
    """Text without the tokens in it."""
    return FORM.sub(f"{START}...", text)


def create(
    store: Store,
    name: str,
    role: Role,
    *,
    jobs: Sequence[str] = (),
    by: str,
    now: datetime,
    lasts: timedelta | None = None,
) -> tuple[Token, str]:
    """Keep a new token, and return it with its secret, which is nowhere else."""
    require_name(name)
    _require_patterns(jobs)
    secret = make()
    token = store.add_token(
        name,
        hash=digest(secret),
        prefix=secret[:SHOWN],
        role=role,
        jobs=tuple(jobs),
        by=by,
        now=now,
        expires_at=_end(now, lasts),
    )
    if token is None:
        raise BusyError(
            f"there is a token named {quoted(name)} already. Choose another name, or revoke it:"
            f" jobrunner token revoke {shlex.quote(name)}"
        )
    return token, secret


def find(store: Store, secret: str, *, now: datetime, address: str) -> Token | None:
    """The good token with this secret, whose use is noted.

    It is looked up by its hash, of which nobody can choose a part: how long it takes tells nothing.
    """
    if not looks_like(secret):
        return None
    token = store.token(digest(secret))
    if token is None or not token.is_good(now):
        return None
    if not is_noted(token.used_at, token.used_from, now, address):
        with suppress(StoreBusyError):  # who looks in is not refused for it
            store.used(token.id, now, address)
    return token


def is_noted(at: datetime | None, whence: str, now: datetime, address: str) -> bool:
    """Whether the ledger knows of this minute and address, so that reading need not write."""
    return at == now.replace(second=0, microsecond=0) and whence == address


def require_name(name: str) -> None:
    """Raise unless it can be the name of a token."""
    if not 0 < len(name) <= LONGEST:
        raise UnusableError(f"a token's name has 1 to {LONGEST} characters, not {len(name)}")
    if not name.isprintable() or name != name.strip():
        raise UnusableError(
            f"{quoted(name)} cannot name a token: it holds control characters, or begins or ends"
            " with a space"
        )


def _require_patterns(jobs: Sequence[str]) -> None:
    if len(jobs) > MOST_PATTERNS:
        raise UnusableError(f"a token has at most {MOST_PATTERNS} patterns of jobs")
    for pattern in jobs:
        if not (0 < len(pattern) <= LONGEST_PATTERN and pattern.isprintable()):
            raise UnusableError(
                f"{quoted(pattern)} is no pattern of job names: write a name, or one with * and ?"
            )


def _end(now: datetime, lasts: timedelta | None) -> datetime | None:
    if lasts is None:
        return None
    if lasts <= timedelta():
        raise UnusableError("a token that expires at once opens nothing")
    try:
        return now + lasts
    except OverflowError as error:
        raise UnusableError("a token cannot last beyond the year 9999") from error


def _checksum(front: str) -> str:
    rest = crc32(front.encode("ascii"))
    digits = ""
    for _ in range(CHECK):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits

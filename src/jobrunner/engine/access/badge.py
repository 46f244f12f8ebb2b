"""Keys to badges: each tells how one job is, or all together, to whoever has it, and no more."""

import secrets
from typing import NamedTuple

from jobrunner.digest import blake2b, compare_digest
from jobrunner.store.base import Store

ALL = "all"
SIZE = 16  # bytes: nobody guesses one of so many
LENGTH = 2 * SIZE


class Subject(NamedTuple):
    """What a key is to: a job, or all of them."""

    job: str | None


EVERYTHING = Subject(None)


def key(secret: str, subject: Subject) -> str:
    """The key to a badge: what it is of, and what nobody makes who has not the secret."""
    return f"{subject.job or ALL}-{_mark(secret, subject)}"


def subject_of(secret: str, told: str) -> Subject | None:
    """What a key is to; None if it is none of ours, or keys are not given any more."""
    name, _, mark = told.rpartition("-")
    if not secret or len(mark) != LENGTH or not mark.isascii():
        return None
    candidates = [Subject(name)] + [EVERYTHING] * (name == ALL)
    for each in candidates:
        if compare_digest(_mark(secret, each), mark):
            return each
    return None


def renew(store: Store) -> None:
    """Have badges, under keys that are all new: those given before open nothing any more."""
    store.keep_badge_secret(secrets.token_urlsafe(SIZE * 2))


def close(store: Store) -> None:
    """Have no badges any more."""
    store.keep_badge_secret("")


def _mark(secret: str, subject: Subject) -> str:
    told = f"job {subject.job}" if subject.job is not None else "all jobs"
    return blake2b(told.encode(), key=secret.encode(), digest_size=SIZE).hexdigest()

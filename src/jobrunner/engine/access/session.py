"""Sessions: browsers that are signed in with a token, each with a secret of its own."""

import re
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from jobrunner.engine.access.token import digest, is_noted
from jobrunner.errors import ForbiddenError, StoreBusyError, UnknownError
from jobrunner.model.access import Session, Token
from jobrunner.store.base import Store

LASTS = timedelta(days=7)
BYTES = 32
FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def begin(
    store: Store, token: Token, *, now: datetime, lasts: timedelta = LASTS, address: str
) -> str:
    """Sign in: the secret of a new session, which ends with its token at the latest."""
    secret = secrets.token_urlsafe(BYTES)
    end = now + lasts
    began = token.is_good(now) and store.begin_session(
        digest(secret),
        token.id,
        now=now,
        expires_at=min(end, token.expires_at or end),
        address=address,
    )
    if not began:
        raise ForbiddenError("the token is revoked or expired")
    return secret


def find(store: Store, secret: str, *, now: datetime, address: str) -> Session | None:
    """The session with this secret that is not over; its use is noted, and that of its token."""
    if not FORM.fullmatch(secret):
        return None
    session = store.session(digest(secret), now)
    if session and not is_noted(session.used_at, session.used_from, now, address):
        with suppress(StoreBusyError):  # who looks in is not refused for it
            store.session_used(session.hash, now, address)
    return session


def of_mark(store: Store, mark: str) -> Session:
    """The session that has this mark."""
    for each in store.sessions():
        if each.mark == mark:
            return each
    raise UnknownError("There is no such session.")


def end(store: Store, secret: str) -> bool:
    """Sign out; False if there was no such session."""
    return bool(FORM.fullmatch(secret)) and store.end_session(digest(secret))

"""The first sign-in, when nobody has a token yet: a link that works once, for a short while."""

import secrets
from datetime import datetime, timedelta
from threading import Lock

from jobrunner.digest import compare_digest
from jobrunner.engine.access import session, token
from jobrunner.model.access import Role
from jobrunner.store.base import Store

LASTS = timedelta(minutes=10)
BYTES = 16
BY = "sign-in link"


class FirstLink:
    """A code that whoever reads it can sign in with as an admin; it is kept in memory alone."""

    def __init__(self, now: datetime, lasts: timedelta = LASTS) -> None:
        self.code = secrets.token_urlsafe(BYTES)
        self.expires_at = now + lasts
        self._lock = Lock()
        self._is_spent = False

    def __repr__(self) -> str:
        return f"FirstLink(expires_at={self.expires_at:%Y-%m-%dT%H:%M:%SZ})"

    def redeem(
        self,
        code: str,
        store: Store,
        *,
        now: datetime,
        address: str,
        lasts: timedelta = session.LASTS,
    ) -> str | None:
        """The secret of a new session, once; None if the code is wrong, spent or too old.

        The session has a token of its own whose secret nobody has, and which expires with it:
        so it is seen among the tokens, and can be revoked.  What the ledger does not take leaves
        the code as it is.
        """
        given = code.encode("utf-8", "surrogatepass")
        if not compare_digest(given, self.code.encode()) or now >= self.expires_at:
            return None
        with self._lock:
            if self._is_spent:
                return None
            name = f"{BY} {now:%Y-%m-%d %H:%M:%S}"
            made, _ = token.create(store, name, Role.ADMIN, by=BY, now=now, lasts=lasts)
            secret = session.begin(store, made, now=now, lasts=lasts, address=address)
            self._is_spent = True
        return secret


def is_needed(store: Store, now: datetime) -> bool:
    """Whether nobody can sign in.

    The token behind a link counts only while its session lasts: nobody has its secret.
    """
    signed_in = {each.token.id for each in store.sessions() if now < each.expires_at}
    return not any(
        each.is_good(now) and (each.created_by != BY or each.id in signed_in)
        for each in store.tokens()
    )

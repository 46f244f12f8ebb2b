"""Tokens given out and taken back, each with its row of the audit."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from jobrunner.config.spelling import unknown
from jobrunner.engine.access import audit, token
from jobrunner.engine.access.visitor import Visitor
from jobrunner.errors import UnknownError
from jobrunner.model.access import Role, Token
from jobrunner.store.base import Store


def give(
    store: Store,
    visitor: Visitor | str,
    name: str,
    role: Role,
    *,
    jobs: Sequence[str] = (),
    lasts: timedelta | None = None,
    now: datetime,
) -> tuple[Token, str]:
    """Make a token for somebody: it, and its secret, which is shown once."""
    by = visitor if isinstance(visitor, str) else visitor.name
    made, secret = token.create(store, name, role, jobs=jobs, by=by, now=now, lasts=lasts)
    audit.note(store, visitor, "token.create", name, rights(made), now=now)
    return made, secret


def take_back(
    store: Store, visitor: Visitor | str, names: Iterable[str], *, now: datetime
) -> list[str]:
    """Revoke tokens, and end their sessions; those that were revoked already are left out.

    If one was never there none is revoked.
    """
    wanted = list(dict.fromkeys(names))
    known = {each.name for each in store.tokens()}
    for name in wanted:
        if name not in known:
            raise UnknownError(
                unknown("token", name, known, "The tokens: jobrunner token list --all")
            )
    revoked = [name for name in wanted if store.revoke(name, now)]
    for name in revoked:
        audit.note(store, visitor, "token.revoke", name, now=now)
    return revoked


def numbered(store: Store, number: int) -> Token:
    """The token that has this number, good or not."""
    for each in store.tokens():
        if each.id == number:
            return each
    raise UnknownError(f"There is no token {number}.")


def rights(each: Token) -> str:
    """What a token is good for, in a line: its role, its jobs, how long."""
    jobs = f"jobs {', '.join(each.jobs)}" if each.jobs else "every job"
    end = f"until {each.expires_at:%Y-%m-%d %H:%M} UTC" if each.expires_at else "until revoked"
    return f"{each.role}, {jobs}, {end}"

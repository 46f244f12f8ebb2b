"""Who may look in: tokens, sessions of browsers, what was done, and what is not done twice."""

from datetime import datetime

from jobrunner.digest import compare_digest
from jobrunner.model.access import Deed, Repeat, Role, Session, Token
from jobrunner.store import row
from jobrunner.store.session import Session as Transaction
from jobrunner.store.sql import access as sql

MINUTE = 60_000_000


def add_token(
    session: Transaction,
    name: str,
    *,
    hash: str,  # noqa: A002 - the column's name
    prefix: str,
    role: Role,
    jobs: tuple[str, ...],
    by: str,
    now: datetime,
    expires_at: datetime | None,
) -> Token | None:
    values = {
        "name": row.text(name),
        "prefix": prefix,
        "hash": hash,
        "role": role.value,
        "jobs": row.patterns_text(jobs),
        "now": row.micros(now),
        "by": row.text(by),
        "expires_at": row.micros_or_none(expires_at),
    }
    made = session.rows(sql.ADD, values)
    return row.token(made[0]) if made else None


def token(session: Transaction, wanted: str) -> Token | None:
    found = session.rows(sql.BY_HASH, {"hash": wanted})
    return row.token(found[0][1:]) if found and compare_digest(found[0][0], wanted) else None


def token_named(session: Transaction, name: str) -> Token | None:
    found = session.rows(sql.BY_NAME, {"name": row.text(name)})
    return row.token(found[0]) if found else None


def tokens(session: Transaction) -> list[Token]:
    return [row.token(found) for found in session.rows(sql.EVERY)]


def revoke(session: Transaction, name: str, now: datetime) -> bool:
    revoked = session.rows(sql.REVOKE, {"name": row.text(name), "now": row.micros(now)})
    for (number,) in revoked:
        session.guard(_sessions_of(number))
        session.change(sql.END_SESSIONS_OF, {"token": number})
    return bool(revoked)


def used(session: Transaction, token: int, now: datetime, address: str) -> None:
    session.change(sql.USED, {"token": token} | _use(now, address))


def begin_session(
    session: Transaction,
    fresh: str,
    token: int,
    *,
    now: datetime,
    expires_at: datetime,
    address: str,
) -> bool:
    values = {
        "hash": fresh,
        "token": token,
        "now": row.micros(now),
        "expires_at": row.micros(expires_at),
    }
    session.guard(_sessions_of(token))
    return session.change(sql.BEGIN_SESSION, values | _use(now, address)) == 1


def find_session(session: Transaction, wanted: str, now: datetime) -> Session | None:
    found = session.rows(sql.SESSION, {"hash": wanted, "now": row.micros(now)})
    return row.session(found[0]) if found and compare_digest(found[0][0], wanted) else None


def sessions(session: Transaction) -> list[Session]:
    return [row.session(found) for found in session.rows(sql.SESSIONS)]


def session_used(session: Transaction, used_one: str, now: datetime, address: str) -> None:
    """Who uses a session uses its token."""
    use = _use(now, address)
    for (number,) in session.rows(sql.SESSION_USED, {"hash": used_one} | use):
        session.change(sql.USED, {"token": number} | use)


def end_session(session: Transaction, ended: str) -> bool:
    return session.change(sql.END_SESSION, {"hash": ended}) == 1


def end_old_sessions(session: Transaction, now: datetime) -> int:
    return session.change(sql.END_OLD_SESSIONS, {"now": row.micros(now)})


def take_key(
    session: Transaction, key: str, request: str, *, since: datetime, now: datetime
) -> Repeat | None:
    session.guard(_taken(key))
    session.change(sql.FORGET_KEY, {"key": key, "since": row.micros(since)})
    values = {"key": key, "request": request, "now": row.micros(now)}
    if session.rows(sql.TAKE_KEY, values):
        return None
    return row.repeat(session.rows(sql.KEY, {"key": key})[0])


def answer_key(session: Transaction, key: str, answer: str) -> None:
    session.change(sql.ANSWER_KEY, {"key": key, "answer": row.text(answer)})


def free_key(session: Transaction, key: str) -> None:
    session.guard(_taken(key))
    session.change(sql.FREE_KEY, {"key": key})


def badge_secret(session: Transaction) -> str:
    found = session.rows(sql.BADGES)
    return str(found[0][0]) if found else ""


def keep_badge_secret(session: Transaction, secret: str) -> None:
    session.change(sql.KEEP_BADGES, {"secret": secret})


def note(session: Transaction, deed: Deed) -> None:
    values = {
        "happened_at": row.micros(deed.happened_at),
        "who": row.text(deed.who),
        "address": row.text(deed.address),
        "action": row.text(deed.action),
        "subject": row.text(deed.subject),
        "detail": row.text(deed.detail),
        "outcome": row.text(deed.outcome),
    }
    session.change(sql.NOTE, values)


def deeds(session: Transaction, *, before: int | None, limit: int) -> list[Deed]:
    values = {"before": row.LARGEST if before is None else before, "limit": limit}
    return [row.deed(found) for found in session.rows(sql.DEEDS, values)]


def _sessions_of(token: int) -> str:
    return f"sessions of {token}"


def _taken(key: str) -> str:
    return f"key {key}"


def _use(now: datetime, address: str) -> dict[str, int | str]:
    """When and from where something is used, to the minute: not each use is worth a write."""
    instant = row.micros(now)
    return {"minute": instant - instant % MINUTE, "address": row.text(address)}

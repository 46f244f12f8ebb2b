"""Each host's worker: who fetches from the queue of Procrastinate, in its own words."""

from jobrunner.store.postgres.sql import worker as sql
from jobrunner.store.session import Session


def register(session: Session) -> int:
    """A new worker; its number."""
    number: int = session.rows(sql.REGISTER)[0][0]
    return number


def beat(session: Session, worker: int) -> bool:
    """Say that a worker lives; False if somebody has removed it."""
    return bool(session.rows(sql.BEAT, {"worker": worker}))


def unregister(session: Session, worker: int) -> None:
    """Remove a worker; what it fetched is nobody's in the queue, and its host's in the ledger."""
    session.rows(sql.UNREGISTER, {"worker": worker})

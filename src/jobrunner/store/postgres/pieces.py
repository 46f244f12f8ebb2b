"""What attempts have written, in pieces that are kept for every host."""

from collections.abc import Sequence
from datetime import datetime

from jobrunner.store import row
from jobrunner.store.fleet import LONGEST_PIECE, Piece
from jobrunner.store.postgres.sql import pieces as sql
from jobrunner.store.session import Session


def keep(session: Session, pieces: Sequence[Piece], now: datetime) -> None:
    """Keep them in one statement, however many attempts they are of."""
    if not pieces:
        return
    values = {
        "runs": [piece.run for piece in pieces],
        "attempts": [piece.attempt for piece in pieces],
        "firsts": [piece.first for piece in pieces],
        "bodies": [piece.body for piece in pieces],
        "now": row.micros(now),
    }
    session.change(sql.KEEP, values)


def drop(session: Session, run: int, attempt: int, first: int, last: int) -> None:
    session.change(sql.DROP, {"run": run, "attempt": attempt, "first": first, "last": last})


def read(session: Session, run: int, attempt: int, since: int, limit: int) -> list[Piece]:
    if since < 0:
        since += written(session, run, attempt)
    values = {
        "run": run,
        "attempt": attempt,
        "since": since,
        "longest": LONGEST_PIECE,
        "limit": limit,
    }
    return [Piece(*found) for found in session.rows(sql.READ, values)]


def written(session: Session, run: int, attempt: int) -> int:
    found = session.rows(sql.WRITTEN, {"run": run, "attempt": attempt})
    return found[0][0] if found else 0

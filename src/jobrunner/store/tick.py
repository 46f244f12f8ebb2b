"""Ticks in unbroken stretches, so that the times without any are visible."""

from datetime import datetime, timedelta

from jobrunner.store import row
from jobrunner.store.session import Session
from jobrunner.store.sql import upkeep as sql
from jobrunner.store.value import Gap


def note(session: Session, host: str, now: datetime, longest: timedelta) -> None:
    values = {"host": host, "now": row.micros(now), "earliest": row.micros(now - longest)}
    session.guard(f"ticks of {host}")
    if not session.change(sql.CONTINUE_TICKS, values):
        session.change(sql.BEGIN_TICKS, values)


def gaps(session: Session, since: datetime, until: datetime, longest: timedelta) -> list[Gap]:
    """Between the end of the ticks so far and the first one after, whichever host it was."""
    values = {"since": row.micros(since), "until": row.micros(until)}
    stretches = session.rows(sql.TICKS, values)
    if not stretches:
        return []
    found = []
    seen = stretches[0][1]
    for first, last in [*stretches[1:], (values["until"], values["until"])]:
        if first - seen > longest // row.MICROSECOND and first > values["since"]:
            found.append(Gap(row.instant(seen), row.instant(first)))
        seen = max(seen, last)
    return found

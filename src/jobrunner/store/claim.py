"""Taking slots: each is written once, by whoever moves the job's mark over it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, assert_never

from msgspec.structs import replace

from jobrunner.model.decision import Decision, Look, Omit, Start
from jobrunner.model.run import Run, State, Trigger
from jobrunner.store import figure, row
from jobrunner.store.session import Session
from jobrunner.store.sql import claim as sql
from jobrunner.store.value import Mark, NewRun


def marks(session: Session) -> dict[tuple[str, str], Mark]:
    found = [row.mark(values) for values in session.rows(sql.MARKS)]
    return {(mark.job, mark.place): mark for mark in found}


def wake_at(session: Session) -> datetime | None:
    statements = (sql.NEXT_SLOT, sql.NEXT_ATTEMPT, sql.NEXT_REQUEST)
    found = [session.rows(statement)[0][0] for statement in statements]
    return row.instant_or_none(min((at for at in found if at is not None), default=None))


def standing(session: Session, looks: Iterable[Look]) -> list[Look]:
    """The looks whose mark has not moved: the late ones need not wait for their turn to write."""
    return [look for look in looks if _mark_of(session, look) == row.micros_or_none(look.since)]


def _mark_of(session: Session, look: Look) -> int | None:
    found = session.rows(sql.MARK, {"job": look.job, "place": look.place})
    return found[0][0] if found else None


def claim(
    session: Session, looks: Iterable[Look], *, owner: str, host: str, now: datetime
) -> list[Run]:
    """Move each look's mark, and write its rows if that was done.

    Jobs are taken in the order of their names, so that two callers never wait for one another.
    """
    won = []
    for look in sorted(looks, key=lambda look: (look.job, look.place)):
        if _move(session, look):
            rows = _decided(look, owner=owner, host=host, now=now)
            won += [run for run in (insert(session, each) for each in rows) if run]
    return won


def _move(session: Session, look: Look) -> bool:
    """Whether the look's decisions count: the mark stood where it began, on the same schedule."""
    values = {
        "job": look.job,
        "place": look.place,
        "since": row.micros_or_none(look.since),
        "until": row.micros(look.until),
        "next_at": row.micros_or_none(look.next_at),
        "schedule": look.schedule,
    }
    if look.since is None:
        session.change(sql.FIRST_LOOK, values)
        return False
    if session.change(sql.MOVE_MARK, values) == 1:
        return True
    session.change(sql.START_OVER, values)
    return False


def _decided(look: Look, *, owner: str, host: str, now: datetime) -> Iterator[Run]:
    common = {
        "id": 0,
        "job": look.job,
        "place": look.place,
        "host": host,
        "definition": look.definition,
        "created_at": now,
    }
    for decision in look.decisions:
        yield _row_of(decision, common, owner)


def _row_of(decision: Decision, common: Mapping[str, Any], owner: str) -> Run:
    match decision:
        case Start():
            return Run(
                scheduled_for=decision.scheduled_for,
                trigger=decision.trigger,
                state=State.QUEUED,
                owner=owner,
                **common,
            )
        case Omit():
            return Run(
                scheduled_for=decision.first,
                slots_until=decision.last if decision.count > 1 else None,
                slots=decision.count,
                trigger=Trigger.SCHEDULE,
                state=decision.state,
                reason=decision.reason,
                finished_at=common["created_at"],
                **common,
            )
        case _:
            assert_never(decision)


def add(session: Session, new: NewRun, *, owner: str, host: str, now: datetime) -> Run | None:
    run = Run(
        id=0,
        job=new.job,
        trigger=new.trigger,
        scheduled_for=new.scheduled_for,
        slot_of=new.slot_of,
        place=new.place,
        params=new.params,
        asked_by=new.asked_by,
        definition=new.definition,
        next_attempt_at=new.not_before,
        state=State.QUEUED,
        owner=owner,
        host=host,
        created_at=now,
    )
    return insert(session, run)


def insert(session: Session, run: Run) -> Run | None:
    """The run with its number; None if its slot was taken."""
    made = session.rows(sql.INSERT_RUN, row.values_of_run(run))
    if not made:
        return None
    if run.finished_at is not None:
        figure.count(session, run.job, run.state, run.finished_at, slots=run.slots)
    return replace(run, id=made[0][0])


def remember(session: Session, definitions: Mapping[str, str], now: datetime) -> None:
    for fingerprint, text in definitions.items():
        values = {"fingerprint": fingerprint, "text": row.text(text), "now": row.micros(now)}
        session.change(sql.REMEMBER, values)

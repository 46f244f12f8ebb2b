"""Taking slots: each is written once, by whoever moves the job's mark over it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from msgspec.structs import replace

from jobrunner.model.decision import Decision, Look, Omit, Start
from jobrunner.model.letter import Letter
from jobrunner.model.run import Run, State, Trigger
from jobrunner.store import figure, life, order, outbox, row
from jobrunner.store.dispatch import Delivery, Dispatch
from jobrunner.store.session import Connection, Session
from jobrunner.store.sql import claim as sql
from jobrunner.store.value import Mark, NewRun, Report

# At twenty milliseconds each, as long as any other writer waits.
TRIES = 500


def marks(session: Session, due: datetime | None) -> dict[tuple[str, str], Mark]:
    rows = (
        session.rows(sql.MARKS)
        if due is None
        else session.rows(sql.DUE_MARKS, {"due": row.micros(due)})
    )
    found = [row.mark(values) for values in rows]
    return {(mark.job, mark.place): mark for mark in found}


def next_slot(session: Session, place: str | None) -> datetime | None:
    found = (
        session.rows(sql.NEXT_SLOT)
        if place is None
        else session.rows(sql.NEXT_SLOT_AT, {"place": place})
    )
    return row.instant_or_none(found[0][0])


def wake_at(session: Session) -> datetime | None:
    statements = (sql.NEXT_SLOT, sql.NEXT_ATTEMPT, sql.NEXT_REQUEST, sql.NEXT_LETTER)
    found = [session.rows(statement)[0][0] for statement in statements]
    return row.instant_or_none(min((at for at in found if at is not None), default=None))


def claim(
    connection: Connection,
    looks: Iterable[Look],
    dispatch: Dispatch,
    *,
    owner: str,
    host: str,
    now: datetime,
    report: Report | None = None,
) -> list[Run]:
    """Take what the looks decided, in one transaction.

    Many callers see the same slots at the same moment.  So nobody waits long to write: who cannot
    at once looks again whether its slots are still to be had, and mostly they are not.  Jobs are
    taken in the order of their names, so that no two callers wait for one another.
    """
    wanted = sorted(looks, key=lambda look: (look.job, look.place))
    for _ in range(TRIES):
        with connection.reading() as session:
            wanted = _standing(session, wanted)
        if not wanted:
            return []
        with connection.writing_soon("claim") as writer:
            if writer and _stands(writer, wanted[0]):
                return _write(writer, wanted, dispatch, report, owner=owner, host=host, now=now)
    with connection.writing() as session:
        return _write(session, wanted, dispatch, report, owner=owner, host=host, now=now)


def _stands(session: Session, look: Look) -> bool:
    found = session.rows(sql.MARK, {"job": look.job, "place": look.place})
    return row.micros_or_none(look.since) == (found[0][0] if found else None)


def _standing(session: Session, looks: Sequence[Look]) -> list[Look]:
    """The looks whose mark has not moved: all of them if the first one's has not.

    A tick that came first took them all, as a rule.
    """
    if not looks or _stands(session, looks[0]):
        return [*looks]
    found: dict[tuple[str, str], int] = {}
    for first in range(0, len(looks), sql.AT_ONCE):
        some = [look.job for look in looks[first : first + sql.AT_ONCE]]
        some += [some[0]] * (sql.AT_ONCE - len(some))
        values = {f"job{number}": job for number, job in enumerate(some)}
        found |= {(job, place): at for job, place, at in session.rows(sql.STANDING, values)}
    return [
        look
        for look in looks
        if found.get((look.job, look.place)) == row.micros_or_none(look.since)
    ]


def _write(
    session: Session,
    looks: Sequence[Look],
    dispatch: Dispatch,
    report: Report | None,
    *,
    owner: str,
    host: str,
    now: datetime,
) -> list[Run]:
    """Move each look's mark, and write its rows, and what is told of them, if that was done."""
    moved = _move(session, looks)
    life.forgive(session, [(each.job, each.place) for each in looks if _is_retired(each)])
    decided = [
        (look, run) for look in moved for run in _decided(look, owner=owner, host=host, now=now)
    ]
    made = insert(session, [run for _, run in decided])
    written = [(look, run) for (look, _), run in zip(decided, made, strict=True) if run]
    if report is not None:
        outbox.post(session, _reported(moved, written, report))
    deliveries = [
        Delivery(run, look.route)
        for look, run in written
        if look.route is not None and run.state is State.QUEUED
    ]
    if deliveries:
        dispatch.queue(session, deliveries, host=host)
    return [run for _, run in written]


def _is_retired(look: Look) -> bool:
    """Whether a job runs at this place no more."""
    return bool(look.place) and not look.schedule


def _reported(
    moved: Sequence[Look], written: Sequence[tuple[Look, Run]], report: Report
) -> Iterator[Letter]:
    of_look: dict[int, list[Run]] = defaultdict(list)
    for look, run in written:
        of_look[id(look)].append(run)
    for look in moved:
        yield from report(look, of_look[id(look)])


def _move(session: Session, looks: Sequence[Look]) -> list[Look]:
    """The looks whose decisions count: the mark stood where it began, on the same schedule."""
    firsts = [look for look in looks if look.since is None]
    others = [look for look in looks if look.since is not None]
    session.change_each(sql.FIRST_LOOK, map(_values_of_look, firsts))
    moved = session.change_each(sql.MOVE_MARK, map(_values_of_look, others))
    # Either somebody was first, or the schedule is another one: the mark itself tells which.
    left = (look for look, count in zip(others, moved, strict=True) if not count)
    session.change_each(sql.START_OVER, map(_values_of_look, left))
    return [look for look, count in zip(others, moved, strict=True) if count]


def _values_of_look(look: Look) -> dict[str, Any]:
    return {
        "job": look.job,
        "place": look.place,
        "since": row.micros_or_none(look.since),
        "until": row.micros(look.until),
        "next_at": row.micros_or_none(look.next_at),
        "schedule": look.schedule,
    }


def _decided(look: Look, *, owner: str, host: str, now: datetime) -> Iterator[Run]:
    common = {
        "id": 0,
        "job": look.job,
        "place": look.place,
        "definition": look.definition,
        "created_at": now,
    }
    for decision in look.decisions:
        yield _row_of(decision, common, owner, host, is_routed=look.route is not None)


def _row_of(
    decision: Decision, common: Mapping[str, Any], owner: str, host: str, *, is_routed: bool
) -> Run:
    match decision:
        case Start():
            return Run(
                scheduled_for=decision.scheduled_for,
                trigger=decision.trigger,
                state=State.QUEUED,
                # What waits for any host is nobody's, and is on none.
                owner="" if is_routed else owner,
                host="" if is_routed else host,
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
                host=host,
                **common,
            )
        case _:
            assert_never(decision)


def add(
    session: Session, new: NewRun, dispatch: Dispatch, *, owner: str, host: str, now: datetime
) -> Run | None:
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
        owner=owner if new.route is None else "",
        host=host if new.route is None else "",
        created_at=now,
    )
    if new.request is not None and not order.is_in_hand(session, new.request, owner):
        return None
    made = insert(session, [run])[0]
    if made is None:
        return None
    if new.request is not None:
        number = str(made.id)
        order.answer(session, new.request, owner=owner, done=True, answer=number, now=now)
    if new.route is not None:
        delivery = Delivery(made, new.route, new.overlap)
        dispatch.queue(session, [delivery], host=host)
    return made


def insert(session: Session, runs: Sequence[Run]) -> list[Run | None]:
    """The runs with their numbers; None in the place of one whose slot was taken."""
    made = session.rows_of_each(sql.INSERT_RUN, map(row.values_of_run, runs))
    found = [
        replace(run, id=rows[0][0]) if rows else None for run, rows in zip(runs, made, strict=True)
    ]
    # What is left out has ended as it is written.
    ends = (
        figure.Counted(run.job, run.state, run.finished_at, slots=run.slots)
        for run in found
        if run and run.finished_at is not None
    )
    figure.count(session, ends)
    return found


def remember(session: Session, definitions: Mapping[str, str], now: datetime) -> None:
    values = (
        {"fingerprint": fingerprint, "text": row.text(text), "now": row.micros(now)}
        for fingerprint, text in sorted(definitions.items())
    )
    session.change_each(sql.REMEMBER, values)

"""What operators ask for: requests, pauses and breakers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from jobrunner.model.breaker import Breaker
from jobrunner.model.letter import Letter
from jobrunner.model.pause import Pause
from jobrunner.store import outbox, row
from jobrunner.store.dispatch import Dispatch
from jobrunner.store.session import Session
from jobrunner.store.sql import order as sql
from jobrunner.store.value import Health, Request, Turn

_AT = " "  # between a job and a place: neither can hold one


def ask(session: Session, request: Request, dispatch: Dispatch) -> int:
    values = {
        "kind": request.kind,
        "job": request.job,
        "run": request.run,
        "host": request.host,
        "arguments": row.text(request.arguments),
        "asked_by": row.text(request.asked_by),
        "asked_at": row.micros(request.asked_at),
    }
    number: int = session.rows(sql.ASK, values)[0][0]
    dispatch.asked(session)
    return number


def take(session: Session, *, owner: str, host: str, now: datetime) -> list[Request]:
    values = {"owner": owner, "host": host, "now": row.micros(now)}
    taken = [row.request(found) for found in session.rows(sql.TAKE, values)]
    return sorted(taken, key=lambda request: request.id)


def is_in_hand(session: Session, request: int, owner: str) -> bool:
    """Whether it is this owner's to answer, and stays so until the transaction ends."""
    return bool(session.rows(sql.IN_HAND, {"request": request, "owner": owner}))


def answer(
    session: Session, request: int, *, owner: str, done: bool, answer: str, now: datetime
) -> bool:
    values = {
        "request": request,
        "owner": owner,
        "done": int(done),
        "answer": row.text(answer),
        "now": row.micros(now),
    }
    return session.change(sql.ANSWER, values) == 1


def request(session: Session, request: int) -> Request | None:
    found = session.rows(sql.REQUEST, {"request": request})
    return row.request(found[0]) if found else None


def asked(session: Session, job: str) -> list[Request]:
    return [row.request(found) for found in session.rows(sql.ASKED, {"job": job})]


def pause(session: Session, job: str, pause: Pause | None) -> None:
    if pause is None:
        session.change(sql.RESUME, {"job": job})
        return
    values = {
        "job": job,
        "since": row.micros(pause.since),
        "by": row.text(pause.by),
        "reason": row.text(pause.reason),
        "until": row.micros_or_none(pause.until),
    }
    session.change(sql.PAUSE, values)


def subject_of(job: str, place: str) -> str:
    """Whose failures are in a row: the job's, or where each host has its own, the job's there."""
    return f"{job}{_AT}{place}" if place else job


def health(session: Session) -> dict[str, Health]:
    """That of each job; of one that each host runs for itself, that of the host where it is worst.

    A pause is the job's, wherever it runs.
    """
    found: dict[str, Health] = {}
    for subject, *rest in sorted(session.rows(sql.HEALTH)):
        job, here = subject.partition(_AT)[0], row.health(rest)
        before = found.get(job, here)
        worst = max(before, here, key=lambda each: each.failures)
        found[job] = replace(worst, pause=before.pause)
    return found


def breakers(session: Session) -> dict[str, Breaker]:
    found = [row.breaker(values) for values in session.rows(sql.BREAKERS)]
    return {breaker.name: breaker for breaker in found}


def move_breaker(
    session: Session, before: Breaker, after: Breaker, letters: Iterable[Letter] = ()
) -> bool:
    session.guard(turned(before.name))
    session.change(sql.MAKE_BREAKER, {"name": before.name})
    # NULL equals nothing, and IS is spelled in two ways.
    opened_at = row.micros_or_none(before.opened_at)
    values = {
        "name": before.name,
        "old_state": before.state,
        "old_failures": before.failures,
        "old_opened_at": -1 if opened_at is None else opened_at,
        "old_probe": -1 if before.probe is None else before.probe,
        "state": after.state,
        "failures": after.failures,
        "opened_at": row.micros_or_none(after.opened_at),
        "probe": after.probe,
    }
    is_moved = session.change(sql.MOVE_BREAKER, values) == 1
    if is_moved:
        outbox.post(session, letters)
    return is_moved


def turned(breaker: str) -> str:
    """What to guard while it is decided where a breaker is to stand."""
    return f"breaker {breaker}"


def turn_breakers(session: Session, turns: Sequence[Turn]) -> None:
    """Have it decided where breakers are to stand, by where they stand, and move them there."""
    if not turns:
        return
    session.guard(*{turned(turn.breaker) for turn in turns})
    standing = breakers(session)
    for turn in turns:
        before = standing.get(turn.breaker, Breaker(name=turn.breaker))
        after, letters = turn.decide(before)
        standing[turn.breaker] = after
        if after != before:
            move_breaker(session, before, after, letters)

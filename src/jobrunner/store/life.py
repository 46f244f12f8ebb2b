"""A run through its attempts: every change is a compare-and-set on owner, state and attempt."""

from collections.abc import Sequence
from datetime import datetime

from jobrunner.model.letter import Heed
from jobrunner.model.run import FAILURES, Run, State
from jobrunner.store import figure, order, outbox, row
from jobrunner.store.dispatch import Dispatch
from jobrunner.store.session import Session
from jobrunner.store.sql import life as sql
from jobrunner.store.value import Ending, Launch, Streak


def start(
    session: Session, launches: Sequence[Launch], *, owner: str, host: str, now: datetime
) -> list[Run]:
    runs = (_start(session, launch, owner=owner, host=host, now=now) for launch in launches)
    return [run for run in runs if run]


def _start(session: Session, launch: Launch, *, owner: str, host: str, now: datetime) -> Run | None:
    values = {
        "run": launch.run,
        "owner": owner,
        "host": host,
        "now": row.micros(now),
        "definition": launch.definition,
        "output": row.text(launch.output),
    }
    started = [row.run(found) for found in session.rows(sql.START, values)]
    for run in started:
        session.change(sql.START_ATTEMPT, values | {"number": run.attempts})
    return started[0] if started else None


def finish(
    session: Session, endings: Sequence[Ending], dispatch: Dispatch, *, owner: str
) -> dict[int, Streak]:
    done = {}
    for ending in endings:
        streak = _finish(session, ending, owner)
        if streak:
            done[ending.run] = streak
    ended = [ending for ending in endings if ending.run in done]
    dispatch.again(session, [(each.run, each.retry_at) for each in ended if each.retry_at])
    dispatch.over(session, [each.run for each in ended if not each.retry_at])
    return done


def _finish(session: Session, ending: Ending, owner: str) -> Streak | None:
    outcome = ending.outcome
    values = row.values_of_outcome(outcome)
    again = ending.retry_at is not None
    values |= {
        "run": ending.run,
        "attempt": ending.attempt,
        "owner": owner,
        "run_state": State.RETRYING.value if again else outcome.state.value,
        "run_finished_at": None if again else values["finished_at"],
        "retry_at": row.micros_or_none(ending.retry_at),
    }
    found = session.rows(sql.FINISH, values)
    # Spooled outcomes are told again after a crash: the second time finds nothing to end.
    if not found:
        return None
    session.change(sql.FINISH_ATTEMPT, values)
    job = found[0][0]
    if ending.heed is not None:
        outbox.tell(session, job, ending.heed)
    if ending.turn is not None:
        order.turn_breaker(session, ending.turn)
    if again:
        return _streak(session, job)
    at = outcome.finished_at
    figure.count(
        session,
        job,
        outcome.state,
        at,
        attempts=ending.attempt,
        duration=outcome.duration,
        cpu=outcome.cpu,
    )
    return _continue_streak(session, job, outcome.state, at)


def withdraw(
    session: Session,
    run: int,
    state: State,
    reason: str,
    dispatch: Dispatch,
    *,
    owner: str,
    now: datetime,
    heed: Heed | None = None,
) -> Streak | None:
    values = {
        "run": run,
        "state": state.value,
        "reason": row.text(reason),
        "owner": owner,
        "now": row.micros(now),
    }
    found = session.rows(sql.WITHDRAW, values)
    if not found:
        return None
    job, attempts = found[0]
    if heed is not None:
        outbox.tell(session, job, heed)
    figure.count(session, job, state, now, attempts=attempts)
    dispatch.over(session, [run])
    return _continue_streak(session, job, state, now)


def _continue_streak(session: Session, job: str, state: State, at: datetime) -> Streak:
    if state in FAILURES:
        failures = session.rows(sql.FAILED, {"job": job, "at": row.micros(at)})[0][0]
        return Streak(failures - 1, failures)
    if state is State.SUCCESS:
        found = session.rows(sql.RECOVERED, {"job": job})
        return Streak(found[0][0] if found else 0, 0)
    return _streak(session, job)


def _streak(session: Session, job: str) -> Streak:
    found = session.rows(sql.STREAK, {"job": job})
    failures = found[0][0] if found else 0
    return Streak(failures, failures)


def adopt(session: Session, old: str, new: str) -> list[Run]:
    owners = {"old": old, "new": new}
    runs = [row.run(found) for found in session.rows(sql.ADOPT, owners)]
    # One by one: a million attempts have no index by owner, and the live ones are few.
    for run in runs:
        session.change(sql.ADOPT_ATTEMPT, {"run": run.id, "new": new})
    session.change(sql.REOPEN_REQUESTS, owners)
    return sorted(runs, key=lambda run: run.id)


def owners(session: Session) -> set[str]:
    return {owner for (owner,) in session.rows(sql.OWNERS)}

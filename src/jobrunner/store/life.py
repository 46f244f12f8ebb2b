"""A run through its attempts: every change is a compare-and-set on owner, state and attempt."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from jobrunner.model.letter import Heed
from jobrunner.model.run import FAILURES, Run, State
from jobrunner.store import figure, order, outbox, row
from jobrunner.store.dispatch import Dispatch
from jobrunner.store.figure import Counted
from jobrunner.store.session import Session
from jobrunner.store.sql import life as sql
from jobrunner.store.value import Ending, Launch, Streak


def start(
    session: Session, launches: Sequence[Launch], *, owner: str, host: str, now: datetime
) -> list[Run]:
    common = {"owner": owner, "host": host, "now": row.micros(now)}
    values = {
        launch.run: {
            "run": launch.run,
            "definition": launch.definition,
            "output": row.text(launch.output),
            **common,
        }
        for launch in launches
    }
    # In the order of their numbers, as everybody changes runs: nobody waits for one another.
    found = session.rows_of_each(sql.START, [values[number] for number in sorted(values)])
    started = {run.id: run for rows in found for run in map(row.run, rows)}
    attempts = [values[run.id] | {"number": run.attempts} for run in started.values()]
    session.change_each(sql.START_ATTEMPT, attempts)
    return [started[number] for number in values if number in started]


def finish(
    session: Session, endings: Sequence[Ending], dispatch: Dispatch, *, owner: str
) -> dict[int, Streak]:
    """End attempts, then write what follows from that, job by job in the order of their names."""
    dispatch.hold(session, [ending.run for ending in endings])
    found = sorted(_end(session, endings, owner), key=lambda each: each[:2])
    ended = [(order.subject_of(job, place), ending) for job, place, ending in found]
    outbox.tell(session, [(subject, ending.heed) for subject, ending in ended if ending.heed])
    order.turn_breakers(session, [ending.turn for _, ending in ended if ending.turn])
    over = [(job, ending) for job, _, ending in found if ending.retry_at is None]
    figure.count(session, [_counted(*each) for each in over])
    streaks = _continue_streaks(session, ended)
    retries = [(each.run, each.retry_at) for _, each in ended if each.retry_at]
    dispatch.again(session, retries)
    dispatch.over(session, [each.run for _, each in ended if not each.retry_at])
    return streaks


def _end(
    session: Session, endings: Sequence[Ending], owner: str
) -> Iterator[tuple[str, str, Ending]]:
    """Those attempts that were this owner's to end, each with the job and the place.

    Spooled outcomes are told again after a crash: the second time finds nothing to end.
    """
    ordered = sorted(endings, key=lambda ending: ending.run)
    values = [_values_of(ending, owner) for ending in ordered]
    found = session.rows_of_each(sql.FINISH, values)
    mine = [each for each, rows in zip(values, found, strict=True) if rows]
    session.change_each(sql.FINISH_ATTEMPT, mine)
    for ending, rows in zip(ordered, found, strict=True):
        yield from ((job, place, ending) for job, place in rows)


def _values_of(ending: Ending, owner: str) -> dict[str, Any]:
    values = row.values_of_outcome(ending.outcome)
    again = ending.retry_at is not None
    return values | {
        "run": ending.run,
        "attempt": ending.attempt,
        "owner": owner,
        "run_state": State.RETRYING.value if again else ending.outcome.state.value,
        "run_finished_at": None if again else values["finished_at"],
        "retry_at": row.micros_or_none(ending.retry_at),
    }


def _counted(job: str, ending: Ending) -> Counted:
    outcome = ending.outcome
    return Counted(
        job,
        outcome.state,
        outcome.finished_at,
        attempts=ending.attempt,
        duration=outcome.duration,
        cpu=outcome.cpu,
    )


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
    dispatch.hold(session, [run])
    found = session.rows(sql.WITHDRAW, values)
    if not found:
        return None
    job, place, attempts = found[0]
    subject = order.subject_of(job, place)
    outbox.tell(session, [(subject, heed)] if heed else [])
    figure.count(session, [Counted(job, state, now, attempts=attempts)])
    dispatch.over(session, [run])
    return _continue_streak(session, subject, state, now)


def _continue_streaks(session: Session, ended: Sequence[tuple[str, Ending]]) -> dict[int, Streak]:
    """Most end well, and of these all are told at once."""
    streaks: dict[int, Streak] = {}
    for is_success, some in groupby(ended, lambda each: _is_success(each[1])):
        these = [*some]
        if is_success:
            found = session.rows_of_each(sql.RECOVERED, [{"job": job} for job, _ in these])
            before = [rows[0][0] if rows else 0 for rows in found]
            streaks |= {each.run: Streak(n, 0) for (_, each), n in zip(these, before, strict=True)}
        else:
            streaks |= {each.run: _streak_after(session, job, each) for job, each in these}
    return streaks


def _is_success(ending: Ending) -> bool:
    return ending.retry_at is None and ending.outcome.state is State.SUCCESS


def _streak_after(session: Session, job: str, ending: Ending) -> Streak:
    if ending.retry_at is not None:
        return _streak(session, job)
    return _continue_streak(session, job, ending.outcome.state, ending.outcome.finished_at)


def _continue_streak(session: Session, job: str, state: State, at: datetime) -> Streak:
    if state in FAILURES:
        failures = session.rows(sql.FAILED, {"job": job, "at": row.micros(at)})[0][0]
        return Streak(failures - 1, failures)
    return _streak(session, job)


def _streak(session: Session, job: str) -> Streak:
    found = session.rows(sql.STREAK, {"job": job})
    failures = found[0][0] if found else 0
    return Streak(failures, failures)


def forgive(session: Session, places: Iterable[tuple[str, str]]) -> None:
    """Have these jobs fail no more at these places, where they run no more."""
    subjects = [{"job": order.subject_of(job, place)} for job, place in places]
    session.change_each(sql.FORGIVEN, subjects)


def adopt(session: Session, old: str, new: str) -> list[Run]:
    owners = {"old": old, "new": new}
    runs = [row.run(found) for found in session.rows(sql.ADOPT, owners)]
    # One by one: a million attempts have no index by owner, and the live ones are few.
    session.change_each(sql.ADOPT_ATTEMPT, [{"run": run.id, "new": new} for run in runs])
    session.change(sql.REOPEN_REQUESTS, owners)
    return sorted(runs, key=lambda run: run.id)


def owners(session: Session) -> set[str]:
    return {owner for (owner,) in session.rows(sql.OWNERS)}

"""Rows become values here, and values rows: microseconds, text that every database takes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from jobrunner.errors import StoreDamagedError
from jobrunner.model.access import Deed, Repeat, Role, Session, Token
from jobrunner.model.breaker import Breaker
from jobrunner.model.pause import Pause
from jobrunner.model.run import Attempt, Outcome, Run, State, Trigger
from jobrunner.store.value import Health, Mark, Request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000
# SQLite and PostgreSQL keep whole numbers in eight bytes.
LARGEST = 2**63 - 1
STATES = {state.value: state for state in State}


def micros(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def micros_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else micros(instant)


def instant(value: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=value)
    except OverflowError as error:
        raise StoreDamagedError(f"the ledger holds an impossible time: {value}") from error


def instant_or_none(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def length(value: timedelta | None) -> int | None:
    """A duration in microseconds; a clock that went back makes none of less than nothing."""
    return None if value is None else max(0, value // MICROSECOND)


def span(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(microseconds=value)


def duration(value: int) -> timedelta:
    return timedelta(microseconds=value)


def size(value: int | None) -> int | None:
    """A number of bytes from outside, within what a column takes."""
    return None if value is None else max(0, min(value, LARGEST))


def text(value: str) -> str:
    """Text from outside, such as a job's message, without what a database refuses."""
    if value.isascii() and "\0" not in value:
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def mark(row: Sequence[Any]) -> Mark:
    job, place, looked_at, next_at, schedule, first_seen_at = row
    return Mark(
        job=job,
        place=place,
        looked_at=instant(looked_at),
        next_at=instant_or_none(next_at),
        schedule=schedule,
        first_seen_at=instant(first_seen_at),
    )


def run(row: Sequence[Any]) -> Run:
    """A run from a row of its columns in the order that sql/history.py names them."""
    return Run(
        id=row[0],
        job=row[1],
        scheduled_for=instant_or_none(row[2]),
        slot_of=instant_or_none(row[3]),
        slots_until=instant_or_none(row[4]),
        slots=row[5],
        place=row[6],
        trigger=_trigger(row[7]),
        state=state(row[8]),
        reason=row[9],
        params=row[10],
        asked_by=row[11],
        host=row[12],
        owner=row[13],
        definition=row[14],
        created_at=instant(row[15]),
        attempts=row[16],
        next_attempt_at=instant_or_none(row[17]),
        started_at=instant_or_none(row[18]),
        finished_at=instant_or_none(row[19]),
        **_measured(row[20:]),
    )


def attempt(row: Sequence[Any]) -> Attempt:
    return Attempt(
        run=row[0],
        number=row[1],
        state=state(row[2]),
        reason=row[3],
        host=row[4],
        owner=row[5],
        definition=row[6],
        started_at=instant(row[7]),
        finished_at=instant_or_none(row[8]),
        **_measured(row[9:]),
    )


def _measured(row: Sequence[Any]) -> dict[str, Any]:
    return {
        "exit_code": row[0],
        "signal": row[1],
        "duration": span(row[2]),
        "cpu": span(row[3]),
        "max_rss": row[4],
        "message": row[5],
        "result": row[6],
        "error": row[7],
        "output": row[8],
        "output_size": row[9],
        "output_cut": row[10],
    }


def values_of_run(run: Run) -> dict[str, Any]:
    """What is written of a run when its row is made."""
    return {
        "job": run.job,
        "scheduled_for": micros_or_none(run.scheduled_for),
        "slot_of": micros_or_none(run.slot_of),
        "slots_until": micros_or_none(run.slots_until),
        "slots": run.slots,
        "place": run.place,
        "trigger": run.trigger.value,
        "state": run.state.value,
        "reason": text(run.reason),
        "params": text(run.params),
        "asked_by": text(run.asked_by),
        "host": run.host,
        "owner": run.owner,
        "definition": run.definition,
        "created_at": micros(run.created_at),
        "next_attempt_at": micros_or_none(run.next_attempt_at),
        "finished_at": micros_or_none(run.finished_at),
    }


def values_of_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "state": outcome.state.value,
        "finished_at": micros(outcome.finished_at),
        "reason": text(outcome.reason),
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "duration": length(outcome.duration),
        "cpu": length(outcome.cpu),
        "max_rss": size(outcome.max_rss),
        "message": text(outcome.message),
        "result": text(outcome.result),
        "error": text(outcome.error),
        "output": text(outcome.output),
        "output_size": size(outcome.output_size),
        "output_cut": size(outcome.output_cut),
    }


def request(row: Sequence[Any]) -> Request:
    return Request(
        id=row[0],
        kind=row[1],
        job=row[2],
        run=row[3],
        host=row[4],
        arguments=row[5],
        asked_by=row[6],
        asked_at=instant(row[7]),
        taken_by=row[8],
        taken_at=instant_or_none(row[9]),
        answered_at=instant_or_none(row[10]),
        done=None if row[11] is None else bool(row[11]),
        answer=row[12],
    )


def health(row: Sequence[Any]) -> Health:
    failures, failing_since, by, reason, since, until = row
    pause = None
    if since is not None:
        pause = Pause(by=by, reason=reason, since=instant(since), until=instant_or_none(until))
    return Health(failures=failures, failing_since=instant_or_none(failing_since), pause=pause)


def breaker(row: Sequence[Any]) -> Breaker:
    name, standing, failures, opened_at, probe = row
    return Breaker(
        name=name,
        state=standing,
        failures=failures,
        opened_at=instant_or_none(opened_at),
        probe=probe,
    )


def token(row: Sequence[Any]) -> Token:
    """A token from a row of its columns in the order that sql/access.py names them."""
    return Token(
        id=row[0],
        name=row[1],
        prefix=row[2],
        role=_role(row[3]),
        jobs=_patterns(row[4]),
        created_at=instant(row[5]),
        created_by=row[6],
        expires_at=instant_or_none(row[7]),
        revoked_at=instant_or_none(row[8]),
        used_at=instant_or_none(row[9]),
        used_from=row[10],
    )


def session(row: Sequence[Any]) -> Session:
    return Session(
        hash=row[0],
        created_at=instant(row[1]),
        expires_at=instant(row[2]),
        used_at=instant_or_none(row[3]),
        used_from=row[4],
        token=token(row[5:]),
    )


def deed(row: Sequence[Any]) -> Deed:
    number, happened_at, who, address, action, subject, detail, outcome = row
    return Deed(
        id=number,
        happened_at=instant(happened_at),
        who=who,
        address=address,
        action=action,
        subject=subject,
        detail=detail,
        outcome=outcome,
    )


def repeat(row: Sequence[Any]) -> Repeat:
    return Repeat(request=row[0], began_at=instant(row[1]), answer=row[2])


def patterns_text(patterns: Sequence[str]) -> str:
    """No pattern is every job, and an empty pattern none: these must never be taken for another."""
    return text(msgspec.json.encode(patterns).decode()) if patterns else ""


def _patterns(value: str) -> tuple[str, ...]:
    try:
        return msgspec.json.decode(value, type=tuple[str, ...]) if value else ()
    except msgspec.DecodeError as error:
        raise StoreDamagedError(f"the ledger holds a list of jobs that is none: {value}") from error


def _role(value: str) -> Role:
    try:
        return Role(value)
    except ValueError as error:
        raise StoreDamagedError(f"the ledger holds an unknown role: {value}") from error


def state(value: str) -> State:
    try:
        return STATES[value]
    except KeyError as error:
        raise StoreDamagedError(f"the ledger holds an unknown state: {value}") from error


def _trigger(value: str) -> Trigger:
    try:
        return Trigger(value)
    except ValueError as error:
        raise StoreDamagedError(f"the ledger holds an unknown trigger: {value}") from error

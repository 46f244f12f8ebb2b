"""Letters to channels: written with what they tell of, kept until they are delivered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from jobrunner.errors import StoreDamagedError
from jobrunner.model.letter import Alarm, Heed, Letter
from jobrunner.store import row
from jobrunner.store.session import Session
from jobrunner.store.sql import outbox as sql
from jobrunner.store.value import ChannelFigures, GivenUp, LetterFilter, Parcel, Posted


def post(session: Session, letters: Iterable[Letter]) -> None:
    session.change_each(sql.POST, map(_values_of_letter, letters))


def told(subject: str) -> str:
    """What to guard while it is decided what is told of a subject: each decision sees the last."""
    return f"told {subject}"


def tell(session: Session, heeds: Sequence[tuple[str, Heed]]) -> None:
    """Have it decided what is told of each subject, from what is known of it, and write that."""
    subjects = sorted({subject for subject, _ in heeds})
    session.guard(*map(told, subjects))
    found = session.rows_of_each(sql.ALARMS, [{"subject": subject} for subject in subjects])
    known = {
        subject: dict(map(_alarm, rows)) for subject, rows in zip(subjects, found, strict=True)
    }
    letters: list[Letter] = []
    alarms = []
    for subject, heed in heeds:
        decided = heed(known[subject])
        known[subject] |= decided.alarms
        letters += decided.letters
        alarms += [_values_of_alarm(subject, *each) for each in decided.alarms.items()]
    session.change_each(sql.SET_ALARM, alarms)
    post(session, letters)


def next_letters(session: Session) -> dict[str, datetime]:
    return {channel: row.instant(at) for channel, at in session.rows(sql.NEXT_LETTERS)}


def unsorted(session: Session, channel: str, count: int) -> list[Letter]:
    values = {"channel": channel, "count": count}
    return [_letter(found) for found in session.rows(sql.UNSORTED, values)]


def sent(session: Session, channel: str, since: datetime) -> dict[tuple[str, str], datetime]:
    values = {"channel": channel, "since": row.micros(since)}
    return {(event, job): row.instant(at) for event, job, at in session.rows(sql.SENT, values)}


def pack(session: Session, parcels: Iterable[Sequence[int]], now: datetime) -> None:
    values = (
        {"parcel": letters[-1], "now": row.micros(now), "letter": letter}
        for letters in parcels
        for letter in letters
    )
    session.change_each(sql.PACK, values)


def hold(session: Session, channel: str, until: datetime) -> None:
    session.change(sql.HOLD, {"channel": channel, "until": row.micros(until)})


def parcels(session: Session, channel: str) -> list[Parcel]:
    found: dict[int, Parcel] = {}
    for values in session.rows(sql.PARCELS, {"channel": channel}):
        letter = _letter(values)
        assert letter.parcel is not None  # the statement asks for no other
        before = found.get(letter.parcel, Parcel(number=letter.parcel, letters=()))
        found[letter.parcel] = replace(before, letters=(*before.letters, letter))
    return list(found.values())


def delivered(session: Session, channel: str, parcel: int, now: datetime) -> None:
    values = {"channel": channel, "parcel": parcel, "now": row.micros(now)}
    session.change(sql.DELIVERED, values)


def undelivered(
    session: Session,
    channel: str,
    parcel: int,
    error: str,
    *,
    now: datetime,
    again_at: datetime | None,
) -> None:
    values = {
        "channel": channel,
        "parcel": parcel,
        "error": row.text(error),
        "now": row.micros(now),
        "again_at": row.micros_or_none(again_at),
    }
    if again_at is None:
        session.change(sql.GIVEN_UP, values)
    else:
        session.change(sql.FAILED_FOR_NOW, values)
        session.change(sql.PUT_BEHIND, values)


def abandon(session: Session, channel: str, error: str, now: datetime) -> None:
    values = {"channel": channel, "error": row.text(error), "now": row.micros(now)}
    session.change(sql.ABANDON, values)


def forget(session: Session, channel: str) -> None:
    session.change(sql.FORGET, {"channel": channel})


def figures(session: Session) -> dict[str, ChannelFigures]:
    found = {}
    for channel, waiting, next_at, tries, were_sent, failed, last_at in session.rows(sql.FIGURES):
        errors = session.rows(sql.LAST_ERROR, {"channel": channel})
        found[channel] = ChannelFigures(
            waiting=int(waiting),
            next_at=row.instant_or_none(next_at),
            tries=int(tries),
            sent=int(were_sent),
            failed=int(failed),
            last_sent_at=row.instant_or_none(last_at),
            error=errors[0][0] if errors else "",
        )
    return found


def letters(session: Session, wanted: LetterFilter) -> list[Posted]:
    values = {
        "channel": wanted.channel,
        "state": wanted.state,
        "before": wanted.before,
        "limit": wanted.limit,
    }
    return [_posted(found) for found in session.rows(sql.page(wanted), values)]


def given_up(session: Session, channels: Iterable[str], since: datetime) -> dict[str, GivenUp]:
    return dict(_given_up(session, channels, since))


def _given_up(
    session: Session, channels: Iterable[str], since: datetime
) -> Iterator[tuple[str, GivenUp]]:
    for channel in channels:
        values = {"channel": channel, "since": row.micros(since)}
        count, last_at, last = session.rows(sql.GIVEN_UP_SINCE, values)[0]
        if count:
            found = _posted(session.rows(sql.LETTER, {"letter": last})[0])
            yield channel, GivenUp(count, found.error, row.instant(last_at))


def _posted(values: Sequence[Any]) -> Posted:
    *letter, state, finished_at, error = values
    return Posted(_letter(letter), state, row.instant_or_none(finished_at), error)


def _letter(values: Sequence[Any]) -> Letter:
    number, channel, event, job, run, text, created_at, parcel, send_at, tries = values
    return Letter(
        id=number,
        channel=channel,
        event=event,
        job=job,
        run=run,
        text=text,
        created_at=row.instant(created_at),
        parcel=parcel,
        send_at=row.instant_or_none(send_at),
        tries=tries,
    )


def _alarm(values: Sequence[Any]) -> tuple[str, Alarm]:
    channel, failures, since, raised_at, told_at, recent = values
    if failures and since is None:
        raise StoreDamagedError(f"the ledger holds an alarm of {channel} without a beginning")
    alarm = Alarm(
        failures=failures,
        since=row.instant_or_none(since),
        raised_at=row.instant_or_none(raised_at),
        told_at=row.instant_or_none(told_at),
        recent=recent,
    )
    return channel, alarm


def _values_of_letter(letter: Letter) -> Mapping[str, Any]:
    return {
        "channel": letter.channel,
        "event": letter.event,
        "job": letter.job,
        "run": letter.run,
        "message": row.text(letter.text),
        "created_at": row.micros(letter.created_at),
    }


def _values_of_alarm(subject: str, channel: str, alarm: Alarm) -> Mapping[str, Any]:
    return {
        "subject": subject,
        "channel": channel,
        "failures": alarm.failures,
        "since": row.micros_or_none(alarm.since),
        "raised_at": row.micros_or_none(alarm.raised_at),
        "told_at": row.micros_or_none(alarm.told_at),
        "recent": alarm.recent,
    }

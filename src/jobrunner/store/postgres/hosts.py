"""Who shares the ledger, by the database's clock, and who does what for all of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from msgspec import json

from jobrunner.model.run import State
from jobrunner.store import row
from jobrunner.store.fleet import Beat, Host, HostFigures
from jobrunner.store.postgres import worker
from jobrunner.store.postgres.sql import hosts as sql
from jobrunner.store.session import Session


def clock(session: Session) -> datetime:
    return row.instant(session.rows(sql.CLOCK)[0][0])


def beat(session: Session, told: Beat) -> Host:
    found = session.rows(sql.STANDING, {"host": told.host})
    owner, number = found[0] if found else ("", None)
    values = {
        "host": told.host,
        "owner": told.owner,
        "boot": told.boot,
        "worker": _worker(session, number, is_ours=owner == told.owner),
        "labels": json.encode(told.labels).decode(),
        "capacity": told.capacity,
        "running": told.running,
        "waiting": told.waiting,
        "version": told.version,
        "config": told.config,
        "skew": told.skew // row.MICROSECOND,
        "ticked_at": row.micros_or_none(told.ticked_at),
    }
    return _host(session.rows(sql.BEAT, values)[0])


def _worker(session: Session, number: int | None, *, is_ours: bool) -> int:
    """The worker of a supervisor: the one it has, if nobody has removed that, or a new one."""
    if number is not None:
        if is_ours and worker.beat(session, number):
            return number
        worker.unregister(session, number)
    return worker.register(session)


def leave(session: Session, host: str, owner: str) -> None:
    _remove(session, session.rows(sql.LEAVE, {"host": host, "owner": owner}))
    session.change(sql.LAY_DOWN, {"owner": owner})


def hosts(session: Session) -> list[Host]:
    return [_host(found) for found in session.rows(sql.HOSTS)]


def figures(session: Session, since: datetime, jobs: Sequence[str] | None) -> list[HostFigures]:
    values = {"since": row.micros(since), "jobs": None if jobs is None else [*jobs]}
    found = session.rows(sql.FIGURES, values)
    return [_figures(host, [*rows]) for host, rows in groupby(found, itemgetter(0))]


def _figures(host: str, rows: Sequence[Any]) -> HostFigures:
    runs = {row.state(state): count for _, state, count, *_ in rows}
    took = {state: (mean, longest) for _, state, _, mean, longest in rows}
    mean, longest = took.get(State.SUCCESS.value, (None, None))
    return HostFigures(host=host, runs=runs, mean=row.span(mean), longest=row.span(longest))


def drain(session: Session, host: str, by: str, *, now: datetime | None) -> bool:
    values = {"host": host, "by": row.text(by) if now else "", "now": row.micros_or_none(now)}
    session.rows(sql.RING)
    return session.change(sql.DRAIN, values) == 1


def forget_host(session: Session, host: str) -> bool:
    found = session.rows(sql.FORGET, {"host": host})
    session.change(sql.FORGET_MARKS, {"host": host})
    session.change(sql.FORGET_FAILURES, {"host": host})
    _remove(session, found)
    return bool(found)


def hold_duty(session: Session, duty: str, owner: str, lease: timedelta) -> bool:
    values = {"duty": duty, "owner": owner, "lease": lease // row.MICROSECOND}
    return session.change(sql.HOLD, values) == 1


def _remove(session: Session, workers: Sequence[tuple[int | None]]) -> None:
    for (number,) in workers:
        if number is not None:
            worker.unregister(session, number)


def _host(values: Sequence[Any]) -> Host:
    (
        name,
        owner,
        boot,
        number,
        labels,
        capacity,
        running,
        waiting,
        version,
        config,
        skew,
        first_seen_at,
        beat_at,
        ticked_at,
        left_at,
        drained_at,
        drained_by,
    ) = values
    return Host(
        name=name,
        owner=owner,
        boot=boot,
        worker=number,
        labels=json.decode(labels, type=tuple[str, ...]),
        capacity=capacity,
        running=running,
        waiting=waiting,
        version=version,
        config=config,
        skew=row.duration(skew),
        first_seen_at=row.instant(first_seen_at),
        beat_at=row.instant(beat_at),
        ticked_at=row.instant_or_none(ticked_at),
        left_at=row.instant_or_none(left_at),
        drained_at=row.instant_or_none(drained_at),
        drained_by=drained_by,
    )

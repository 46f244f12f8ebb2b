"""What one PostgreSQL and one host can do, and what a slot leaves behind: measured here and now."""

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
from parts.crowd import DAWN, MINUTE, moved, text_of
from parts.database import serving

from jobrunner import config
from jobrunner.engine.agenda import Agenda, Seat
from jobrunner.model.decision import Look, Route, Start
from jobrunner.model.run import Outcome, State
from jobrunner.store import migrate_store, open_server
from jobrunner.store.fleet import Beat
from jobrunner.store.value import Ending, Launch

AT_ONCE = 50  # as a supervisor begins them
SECOND = timedelta(seconds=1)


class Cost(NamedTuple):
    """What a slot takes of the database: seconds of one connection, and what it leaves there."""

    claim: float
    deliver: float
    kept: float
    log: float
    tables: Mapping[str, float]
    mark: float


class Weight(NamedTuple):
    """What a job takes of a supervisor that has nothing to do for it: bytes, and seconds."""

    memory: float
    read: float
    look: float


def weight(jobs: int) -> Weight:
    text = text_of(jobs, is_spread=True)
    gc.collect()
    before = _resident()
    began = time.perf_counter()
    found = config.parse(text, "/etc/jobs.toml").jobs
    read = time.perf_counter() - began
    agenda = Agenda(found, Seat(host="h001", is_shared=True))
    gc.collect()
    memory = _resident() - before
    first = agenda.looks({}, {}, DAWN - MINUTE)
    marks = {(look.job, ""): moved(None, look, DAWN - MINUTE) for look in first}
    began = time.perf_counter()
    agenda.looks(marks, {}, DAWN - MINUTE / 2)
    look = time.perf_counter() - began
    return Weight(memory / len(found), read / len(found), look / len(found))


def cost(jobs: int, rounds: int) -> Cost:
    """Of so many jobs that come due together, some times over."""
    with serving() as server, _ledger(server.url) as store:
        worker = store.beat(Beat(host="h001", owner="us", boot="b")).worker
        now = store.clock()
        _claim(store, jobs, 0, now)
        began = time.perf_counter()
        store.marks()
        mark = (time.perf_counter() - began) / jobs
        _round(store, jobs, 1, now, worker)  # so that every page and plan is there
        with psycopg.connect(server.url, autocommit=True) as admin:
            sizes, log = _sizes(admin), _written(admin)
            took = [_round(store, jobs, 2 + number, now, worker) for number in range(rounds)]
            log = _written(admin) - log
            after = _sizes(admin)
    slots = jobs * rounds
    tables = {name: (after[name] - sizes.get(name, 0)) / slots for name in after}
    return Cost(
        claim=sum(each[0] for each in took) / slots,
        deliver=sum(each[1] for each in took) / slots,
        kept=sum(tables.values()),
        log=log / slots,
        tables={name: size for name, size in tables.items() if size >= 1},
        mark=mark,
    )


@contextmanager
def _ledger(url: str) -> Iterator:
    migrate_store(url)
    store = open_server(url)
    try:
        yield store
    finally:
        store.close()


def _claim(store, jobs, number, now):
    until = now + number * SECOND
    looks = [
        Look(
            job=f"job-{job}",
            since=until - SECOND if number else None,
            until=until,
            next_at=until + SECOND,
            schedule="0123456789abcdef",
            route=Route(),
            decisions=(Start(until),) if number else (),
        )
        for job in range(jobs)
    ]
    return store.claim(looks, owner="us", host="h001", now=now)


def _round(store, jobs, number, now, worker):
    """Seconds to claim one slot of each job, and to take, start and end its run."""
    claimed = _seconds(lambda: _claim(store, jobs, number, now))
    done = 0
    began = time.perf_counter()
    while done < jobs:
        taken = store.take_runs([""], AT_ONCE, owner="us", host="h001", worker=worker)
        runs = [each.run for each in taken]
        launches = [
            Launch(run=run.id, definition="0123456789abcdef", output=f"{run.id % 100}/{run.id}-1")
            for run in runs
        ]
        started = store.start(launches, owner="us", host="h001", now=now)
        store.finish([_ending(run, now) for run in started], owner="us")
        done += len(started)
        if not started:
            break
    assert done == jobs, f"{done} of {jobs} slots were delivered"
    return claimed, time.perf_counter() - began


def _ending(run, now):
    outcome = Outcome(
        state=State.SUCCESS,
        finished_at=now + SECOND,
        exit_code=0,
        duration=SECOND,
        cpu=SECOND / 10,
        max_rss=10 << 20,
        output_size=2000,
        output_cut=0,
    )
    return Ending(run=run.id, attempt=1, outcome=outcome)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _sizes(admin: psycopg.Connection) -> dict[str, int]:
    """Bytes of each table with its indexes, tidied up."""
    admin.execute("SET search_path = jobrunner")
    tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace"
    names = [name for (name,) in admin.execute(tables, ("jobrunner",)).fetchall()]
    for name in names:
        admin.execute(f'VACUUM FULL "{name}"')
    size = "SELECT pg_total_relation_size(%s::regclass)"
    return {name: admin.execute(size, (f'"{name}"',)).fetchone()[0] for name in names}


def _written(admin: psycopg.Connection) -> int:
    """Bytes of the write-ahead log so far."""
    return int(admin.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchone()[0])


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

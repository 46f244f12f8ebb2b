"""A look at the server and the ledger on it that changes nothing."""

from contextlib import closing
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import psycopg
from psycopg import sql

from jobrunner.clock import Clock
from jobrunner.store.postgres.fault import explained
from jobrunner.store.postgres.line import Database, connect
from jobrunner.store.postgres.proof import applied, compare, prove
from jobrunner.store.postgres.served import Served
from jobrunner.store.postgres.store import SIZE
from jobrunner.store.postgres.target import SCHEMA, Target

SERVER = """
SELECT
    current_setting('server_version'),
    current_setting('synchronous_commit'),
    current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
    current_setting('max_connections')::bigint
        - current_setting('superuser_reserved_connections')::bigint,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    (SELECT count(*) FROM pg_stat_activity
        WHERE application_name = current_setting('application_name')),
    COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
    COALESCE(host(inet_server_addr()), ''),
    (SELECT max(now() - xact_start) FROM pg_stat_activity WHERE datname = current_database()),
    current_setting('autovacuum') = 'on'
"""
NOW = "SELECT clock_timestamp()"
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY relname
"""
BROKEN_INDEXES = """
SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
WHERE relnamespace = current_schema()::regnamespace AND NOT (indisvalid AND indisready)
ORDER BY relname
"""
CHECKS = 5  # of the clock: the quickest answer tells most


def inspect(target: Target, clock: Clock, *, full: bool = False) -> Served:
    """Ask the server; raises what keeps the ledger from being used.

    `full` reads every row of every table.
    """
    with explained(target.name), closing(connect(target)) as database:
        prove(database, target)
        found = _row(database, SERVER)
        skew, trip = _skew(database, clock)
        return Served(
            name=target.name,
            server=found[0].partition(" ")[0],
            procrastinate=version("procrastinate"),
            bytes=_row(database, SIZE)[0],
            skew=skew,
            trip=trip,
            synchronous=found[1],
            survives_crash=found[2],
            most=found[3],
            connections=found[4],
            ours=found[5],
            is_encrypted=found[6],
            address=found[7],
            longest=found[8] or timedelta(),
            has_autovacuum=found[9],
            problems=tuple(problems_of(database, full=full)),
        )


def problems_of(database: Database, *, full: bool) -> list[str]:
    """What is wrong with what the database holds; nothing if it is sound."""
    compare(SCHEMA, applied(database))
    found = [f"the index {name} was not finished" for (name,) in _rows(database, BROKEN_INDEXES)]
    if full:
        for (table,) in _rows(database, TABLES):
            found += _unreadable(database, table)
    return found


def _unreadable(database: Database, table: str) -> list[str]:
    """Whether every row can be read, for which the server looks at every page."""
    statement = sql.SQL("SELECT count(t.*) FROM {} AS t").format(sql.Identifier(table))
    try:
        database.execute(statement)
    except (psycopg.DataError, psycopg.InternalError) as error:
        return [f"{table}: {str(error).partition(chr(10))[0]}"]
    return []


def _skew(database: Database, clock: Clock) -> tuple[timedelta, timedelta]:
    """How far we are ahead, and how long the answer was under way from which that is known."""
    found: list[tuple[timedelta, timedelta]] = []
    for _ in range(CHECKS):
        began, now = clock.elapsed(), clock.now()
        there: datetime = _row(database, NOW)[0]
        trip = timedelta(seconds=clock.elapsed() - began)
        found.append((trip, now + trip / 2 - there))
    trip, skew = min(found)
    return skew, trip


def _row(database: Database, statement: Any) -> tuple[Any, ...]:
    return _rows(database, statement)[0]


def _rows(database: Database, statement: Any) -> list[tuple[Any, ...]]:
    return database.execute(statement).fetchall()

"""Ledgers in PostgreSQL for tests: made once for a module, emptied for each of its tests."""

from contextlib import contextmanager

import psycopg
from psycopg import sql

from jobrunner.clock import SystemClock
from jobrunner.store import migrate_store

CLOCK = SystemClock()
PATIENCE = 20.0

# What is not written to the disk at once is as good for a test.
HASTE = "options=-c%20synchronous_commit%3Doff"
KEPT = ("steps", "about")
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'jobrunner'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
ANEW = """
SELECT setval(oid, 1, false) FROM pg_class
WHERE relnamespace = 'jobrunner'::regnamespace AND relkind = 'S'
"""


@contextmanager
def ledger_on(servers, server):
    """The URL of a new ledger on this server, dropped afterwards."""
    with servers.fresh_database(server) as url:
        hasty = f"{url}{'&' if '?' in url else '?'}{HASTE}"
        migrate_store(hasty)
        yield hasty


def empty(url):
    """Leave nothing in a ledger but what makes it one: sooner than a new one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = jobrunner")
        names = [name for (name,) in connection.execute(TABLES) if name not in KEPT]
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            for name in names:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            connection.execute(ANEW)


def ask(url, statement):
    """Carry out a statement on a ledger, past everything that is ours."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = jobrunner")
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def until(holds):
    """Look from time to time whether this holds."""
    deadline = CLOCK.elapsed() + PATIENCE
    while not (found := holds()):
        assert CLOCK.elapsed() < deadline
        CLOCK.sleep(0.01)
    return found

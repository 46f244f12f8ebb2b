"""Whether what was reached is the ledger: by itself, of this version's schema, and which one."""

from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, LiteralString

from jobrunner.errors import StoreAbsentError, StoreDamagedError, StoreError, StoreSchemaError
from jobrunner.store.postgres.fault import pooled
from jobrunner.store.postgres.line import Database
from jobrunner.store.postgres.served import FORGETFUL
from jobrunner.store.postgres.target import SCHEMA, SYNCHRONOUS, Target
from jobrunner.store.step import steps

OLDEST = 130000
OURS = "postgres/"
QUEUE = "procrastinate/"
SERVER = """
SELECT
    pg_backend_pid(), current_setting('server_version_num')::integer,
    current_setting('server_encoding'), current_setting('synchronous_commit'),
    to_regclass(%s) IS NOT NULL
"""
APPLIED = "SELECT name FROM steps"
INSTANCE = "SELECT value FROM about WHERE name = 'instance'"


def prove(database: Database, target: Target) -> str:
    """Which ledger it is; raises unless it is one that this code can use."""
    if not examine(database, target):
        raise StoreAbsentError(
            f"{target.name}: there is no ledger yet; `jobrunner db migrate` makes one"
        )
    compare(target.name, applied(database))
    found = _rows(database, INSTANCE)
    if not found:
        raise StoreDamagedError(f"{target.name}: the ledger does not say which one it is")
    return str(found[0][0])


def examine(database: Database, target: Target) -> bool:
    """Whether there is a ledger on this server, which has to be one that can hold it."""
    process, version, encoding, commits, is_made = _rows(database, SERVER, f"{SCHEMA}.steps")[0]
    if process != database.info.backend_pid:
        raise pooled(target.name)
    if version < OLDEST:
        raise StoreError(f"{target.name}: PostgreSQL {version // 10000} is too old; 13 is not")
    if encoding != "UTF8":
        raise StoreError(f"{target.name}: is in {encoding}; make it with `createdb -E UTF8`")
    if commits in FORGETFUL and target.is_synchronous:
        database.execute(f"SET {SYNCHRONOUS} = on")
    return bool(is_made)


def applied(database: Database) -> set[str]:
    return {name for (name,) in _rows(database, APPLIED)}


def compare(name: str, done: Iterable[str]) -> None:
    """Raise unless the steps that were taken are those that this code knows."""
    done = set(done)
    refuse_newer(name, done)
    if missing := [step for step in known() if step not in done]:
        raise StoreSchemaError(
            f"{name}: made by an older jobrunner (without {missing[0]});"
            " `jobrunner db migrate` brings it up to date"
        )


def refuse_newer(name: str, done: Iterable[str]) -> None:
    """Raise if somebody newer was there.

    Of Procrastinate's own steps those that say `pre` leave older ones in working order.
    """
    strange = [step for step in sorted({*done} - {*known()}) if "_pre_" not in step]
    if strange:
        raise StoreSchemaError(f"{name}: made by a newer jobrunner (with {strange[0]})")


@lru_cache(maxsize=1)
def known() -> tuple[str, ...]:
    """The name of every step that makes a ledger, in the order in which they are taken."""
    common = [name for name, _ in steps()]
    ours = [OURS + name for name, _ in steps("postgres/schema")]
    queue = [QUEUE + path.stem for path in queue_steps()]
    return (*common, *queue, *ours)


def queue_folder() -> Path:
    """Where Procrastinate keeps its SQL; it is slow to import, and not needed for that."""
    found = find_spec("procrastinate")
    if found is None or not found.submodule_search_locations:
        raise StoreError("a ledger of many hosts needs `pip install 'jobrunner[cluster]'`")
    return Path(found.submodule_search_locations[0], "sql")


def queue_steps() -> list[Path]:
    return sorted((queue_folder() / "migrations").glob("*.sql"))


def _rows(database: Database, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    return database.execute(statement, values).fetchall()

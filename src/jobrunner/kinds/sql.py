"""What an attempt of an `sql` job executes: statements, by a program of ours."""

import sys
from typing import Any

from msgspec import Struct, json

from jobrunner.errors import UnusableError
from jobrunner.kinds.command import folder
from jobrunner.kinds.environment import environment
from jobrunner.kinds.param import require
from jobrunner.kinds.place import at_home
from jobrunner.kinds.task import Setting, Task
from jobrunner.kinds.value import filled

PROGRAM = ("-P", "-m", "jobrunner.kinds.program.statement")


class Order(Struct, frozen=True, kw_only=True):
    """What the program is to do."""

    database: str
    text: str
    is_script: bool
    params: dict[str, Any]
    autocommit: bool
    rows: int


def prepare(setting: Setting) -> Task:
    """What to launch for this attempt; UnusableError with a sentence when it cannot be made."""
    require(setting)
    job = setting.job
    env = environment(setting)
    order = Order(
        database=_database(setting, env),
        # A statement is never filled: what a parameter holds is a value, and no part of it.
        text=job.sql or _read(job.sql_file or "", setting),
        is_script=job.sql is None,
        params=filled(job.sql_params, setting.facts),
        autocommit=job.sql_autocommit,
        rows=job.sql_rows,
    )
    # Not in the arguments, which everybody on the host can read.
    return Task(
        argv=(sys.executable, *PROGRAM), cwd=folder(setting), env=env, stdin=json.encode(order)
    )


def _database(setting: Setting, env: dict[str, str]) -> str:
    job = setting.job
    if job.database_file:
        return _read(job.database_file, setting).strip()
    if job.database_env not in env:
        raise UnusableError(
            f"${job.database_env} is not set for the job; set it in its env or env_file."
        )
    return env[job.database_env].strip()


def _read(path: str, setting: Setting) -> str:
    return setting.read(at_home(path, setting)).decode(errors="replace")

"""Which kind a job is of, and so what an attempt of it executes."""

from jobrunner.kinds import command, http, python, sql
from jobrunner.kinds.task import Setting, Task


def prepare(setting: Setting) -> Task:
    """What to launch for this attempt; UnusableError with a sentence when it cannot be made."""
    if setting.job.http:
        return http.prepare(setting)
    if setting.job.sql or setting.job.sql_file:
        return sql.prepare(setting)
    if setting.job.python:
        return python.prepare(setting)
    return command.prepare(setting)

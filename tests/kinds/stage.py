"""A setting for an attempt, and files for its variables."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.kinds.task import Account, Setting
from jobrunner.model.job import Job
from jobrunner.template import Facts
from tests.build import NOON, UTC_ZONE, make_job, make_run

ANN = Account("ann", "/home/ann", "/bin/zsh")


def make_facts(**changes: Any) -> Facts:
    facts = {
        "slot": NOON,
        "zone": UTC_ZONE.info,
        "previous_success": NOON - timedelta(days=1),
        "run_id": 1,
        "attempt": 2,
        "params": {},
    }
    return Facts(**(facts | changes))


def make_setting(job: Job | None = None, **changes: Any) -> Setting:
    setting = {
        "job": job or make_job(),
        "run": make_run(),
        "facts": make_facts(),
        "max_attempts": 4,
        "host": "web-1",
        "uuid": "019a9f2e-6d0a-7b4c-9f0e-3f1f0f6a2b11",
        "account": ANN,
        "inherited": {},
        "result_path": "/state/run/1.result",
        "mark": "mark-1-2",
        "read": reader({}),
    }
    return Setting(**(setting | changes))


def reader(files: Mapping[str, bytes | None]) -> Any:
    """Reads as the disk does: what is missing or forbidden (None) is an error that says so."""

    def read(path: str) -> bytes:
        if path not in files:
            cause = FileNotFoundError(path)
            raise UnusableError(f"{path} cannot be read: No such file or directory.") from cause
        content = files[path]
        if content is None:
            raise ForbiddenError(f"{path} is writable by others.")
        return content

    return read

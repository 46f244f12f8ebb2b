"""The run that this process is part of: `from jobrunner import current_run`, in a job's own code.

It is read from the variables that every job gets, so that a command in Python has it, too.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jobrunner.errors import JobrunnerError

PARAM = "JOBRUNNER_PARAM_"


class CurrentRun:
    """What a job can know of its run, and say of it."""

    @property
    def is_there(self) -> bool:
        """Whether jobrunner started this process."""
        return "JOBRUNNER_RUN_ID" in os.environ

    @property
    def job(self) -> str:
        return _told("JOB")

    @property
    def id(self) -> int:
        return int(_told("RUN_ID"))

    @property
    def uuid(self) -> str:
        return _told("RUN_UUID")

    @property
    def slot(self) -> datetime | None:
        """The instant that the run is for; None for one by hand."""
        return _moment("SCHEDULED_FOR")

    @property
    def previous_success(self) -> datetime | None:
        return _moment("PREVIOUS_SUCCESS")

    @property
    def attempt(self) -> int:
        return int(_told("ATTEMPT"))

    @property
    def max_attempts(self) -> int:
        return int(_told("MAX_ATTEMPTS"))

    @property
    def trigger(self) -> str:
        return _told("TRIGGER")

    @property
    def host(self) -> str:
        return _told("HOST")

    @property
    def params(self) -> Mapping[str, str]:
        """Its parameters, their names in lower case."""
        return {
            name.removeprefix(PARAM).lower(): value
            for name, value in os.environ.items()
            if name.startswith(PARAM)
        }

    @property
    def log(self) -> logging.Logger:
        """A logger of the job's name, to standard error unless logging is set up otherwise."""
        logger = logging.getLogger(self.job)
        if not logger.hasHandlers():
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
        return logger

    def tell(self, **result: Any) -> None:
        """Say how it went: message, data, metrics, next_in, success, error, status.

        Said again, it counts in place of what was said before.
        """
        with open(_told("RESULT"), "r+", encoding="utf-8") as file:  # noqa: PTH123 - it is made
            file.write(json.dumps(result, default=str))
            file.truncate()


def _told(name: str) -> str:
    try:
        return os.environ[f"JOBRUNNER_{name}"]
    except KeyError:
        raise JobrunnerError(
            "there is no current run: this process was not started by jobrunner."
        ) from None


def _moment(name: str) -> datetime | None:
    text = _told(name)
    return datetime.fromisoformat(text) if text else None


current_run = CurrentRun()

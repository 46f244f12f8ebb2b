"""What is known when an attempt is about to start, and what is to be launched."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from jobrunner.model.job import Job
from jobrunner.model.run import Run
from jobrunner.template import Facts


class Account(Struct, frozen=True):
    """Whose environment it is: the user that the job runs as."""

    name: str
    home: str
    shell: str


class Setting(Struct, frozen=True, kw_only=True):
    """One attempt that is about to start.

    `facts.zone` is the zone of the schedule that the slot is of, and `timing_env` the variables of
    that schedule; `networks` are the private ones that may be called; `facts.params` are
    `param.values(job, run.params)`.  `account` is None only where
    the host has none for the user.  `inherited` is the supervisor's own environment.  `read` gives
    the content of a file or raises a JobrunnerError; where there is no such file, the cause of that
    is a FileNotFoundError.  `fence` is the number of its claim, '' for one without, None where none
    is needed.
    """

    job: Job
    run: Run
    facts: Facts
    max_attempts: int
    host: str
    uuid: str
    account: Account | None
    inherited: Mapping[str, str]
    result_path: str
    mark: str
    read: Callable[[str], bytes]
    timing_env: Mapping[str, str] = {}
    networks: Sequence[str] = ()
    fence: str | None = None


class Task(Struct, frozen=True, kw_only=True):
    """What to launch."""

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    stdin: bytes = b""

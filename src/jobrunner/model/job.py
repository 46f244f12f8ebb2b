"""A job: what jobs.toml declares under [jobs.NAME], as frozen values."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from msgspec import Struct

from jobrunner.model.value import Dates, Duration, Moment, Moments, Size, Windows, Words, Zone

MINUTE = Duration(minutes=1)


class Timing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several schedules of a job: its own rhythm, zone and environment."""

    cron: Words = Words()
    every: Duration | None = None
    at: Moments = Moments()
    timezone: Zone | None = None
    env: Mapping[str, str] = {}


class Calendar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where holidays come from: a country (and region), or a file, whose days are in `days`."""

    country: str = ""
    region: str = ""
    ics: str = ""
    file: str = ""
    days: Dates | None = None


class Retry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and how often a failed attempt is tried again."""

    attempts: int = 0
    delay: Duration = Duration(seconds=30)
    backoff: Literal["constant", "linear", "exponential"] = "exponential"
    max_delay: Duration = Duration(hours=1)
    jitter: bool = True
    on: tuple[Literal["failure", "timeout", "lost"], ...] = ("failure", "timeout")
    exit_codes: tuple[int, ...] = ()
    deadline: Duration | None = None


class Breaker(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to stop trying for a while; jobs that give the same name share one."""

    name: str = ""
    after: int = 5
    cooldown: Duration = MINUTE
    exclude_codes: tuple[int, ...] = ()
    exclude_status: tuple[int, ...] = ()
    exclude_errors: tuple[str, ...] = ()


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the job's process may use."""

    nice: int | None = None
    memory: Size | None = None
    cpu_time: Duration | None = None
    open_files: int | None = None
    processes: int | None = None


class Expect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What success means beyond the exit code."""

    output: str = ""
    not_output: str = ""
    file: str = ""
    newer: bool = False
    min_size: Size | None = None
    min_duration: Duration | None = None


class Param(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parameter of a run by hand; it reaches the job as an environment variable."""

    default: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    help: str = ""


class Threshold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Failures it takes before the first alert: in a row, or `failures` of the last `of`."""

    failures: int = 1
    of: int | None = None


class Job(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One declared job: every key of [jobs.NAME], its default, and what it became."""

    name: str
    origin: str = ""

    description: str = ""
    docs: str = ""
    tags: tuple[str, ...] = ()
    enabled: bool = True

    command: str | tuple[str, ...] | None = None
    http: Mapping[str, Any] | None = None
    python: str | None = None
    sql: str | None = None
    shell: Words = Words(("/bin/sh",))
    cwd: str = ""
    user: str = ""
    group: str = ""
    env: Mapping[str, str] = {}
    env_file: Words = Words()
    inherit_env: bool | tuple[str, ...] = True
    umask: str = "022"
    stdin: str = ""
    params: Mapping[str, Param] = {}

    cron: Words = Words()
    every: Duration | None = None
    at: Moments = Moments()
    schedules: tuple[Timing, ...] = ()
    after: tuple[str, ...] = ()
    every_from: Literal["start", "end"] = "start"
    initial_delay: Duration = Duration()
    timezone: Zone
    dst: Literal["cron", "skip", "both", "utc"] = "cron"
    start: Moment | None = None
    end: Moment | None = None
    between: Windows = Windows()
    skip_dates: tuple[date, ...] = ()
    calendar: Calendar | None = None
    on_holiday: Literal["skip", "next", "previous"] = "skip"
    jitter: Duration = Duration()
    grace: Duration = Duration(minutes=15)
    catch_up: Literal["skip", "latest", "all"] = "skip"
    max_catch_up: int = 100

    timeout: Duration | None = None
    stop_signal: str = "TERM"
    kill_after: Duration = Duration(seconds=10)
    strict_kill: bool = False
    slow_after: Duration | None = None
    retry: Retry = Retry()
    breaker: Breaker | None = None
    overlap: Literal["skip", "queue", "allow", "replace"] = "skip"
    max_instances: int = 1
    lock: str = ""
    pool: str = ""
    priority: int = 0
    queue_timeout: Duration | None = None
    limits: Limits = Limits()
    success_codes: tuple[int, ...] = (0,)
    expect: Expect = Expect()

    capture: Literal["both", "stdout", "stderr", "none"] = "both"
    output_limit: Size = Size(1024 * 1024)
    redact: tuple[str, ...] = ()
    keep_runs: int | None = None

    notify: tuple[str, ...] = ()
    notify_on: tuple[str, ...] = ("failure", "timeout", "lost", "missed", "recovered")
    notify_after: Threshold = Threshold()
    notify_every: Duration | None = None
    ping: str = ""

    hosts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    on: Literal["one", "every"] = "one"

"""A job: what jobs.toml declares under [jobs.NAME], as frozen values."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from jobrunner.model.value import (
    Account,
    Country,
    Dates,
    Days,
    Duration,
    ExitCode,
    HostPattern,
    HttpStatus,
    Label,
    Moment,
    Moments,
    Name,
    Natural,
    Nice,
    Octal,
    Positive,
    Preference,
    Priority,
    Regex,
    Region,
    Secret,
    Signal,
    Size,
    Target,
    Variable,
    VariableName,
    WebAddress,
    Windows,
    Words,
    Zone,
)

MINUTE = Duration(minutes=1)

Event = Literal[
    "failure",
    "timeout",
    "lost",
    "missed",
    "recovered",
    "success",
    "slow",
    "too_fast",
    "output",
    "skipped",
    "retrying",
    "ended",
    "breaker_open",
    "breaker_closed",
    "tick_late",
    "config_invalid",
]


class Timing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several schedules of a job: its own rhythm, zone and environment."""

    cron: Words = Words()
    every: Duration | None = None
    at: Moments = Moments()
    timezone: Zone | None = None
    env: Mapping[Variable, str] = {}


class Calendar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where holidays come from: a country (and region), or a file, whose days are in `days`."""

    country: Country = ""
    region: Region = ""
    ics: str = ""
    file: str = ""
    days: Dates | None = None


class Retry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and how often a failed attempt is tried again."""

    attempts: Natural = 0
    delay: Duration = Duration(seconds=30)
    backoff: Literal["constant", "linear", "exponential"] = "exponential"
    max_delay: Duration = Duration(hours=1)
    jitter: bool = True
    on: tuple[Literal["failure", "timeout", "lost"], ...] = ("failure", "timeout")
    exit_codes: tuple[ExitCode, ...] = ()
    deadline: Duration | None = None


class BreakerRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to stop trying for a while; jobs that give the same name share one."""

    name: Name = ""
    after: Positive = 5
    cooldown: Duration = MINUTE
    exclude_codes: tuple[ExitCode, ...] = ()
    exclude_status: tuple[HttpStatus, ...] = ()
    exclude_errors: tuple[str, ...] = ()


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the job's process may use."""

    nice: Nice | None = None
    memory: Size | None = None
    cpu_time: Duration | None = None
    open_files: Positive | None = None
    processes: Positive | None = None


class Expect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What success means beyond the exit code."""

    output: Regex = Regex()
    not_output: Regex = Regex()
    file: str = ""
    newer: bool = False
    min_size: Size | None = None
    min_duration: Duration | None = None


class Http(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call of a URL in place of a command.

    One form of the URL is given: itself, the file that holds it, or the variable of the job that
    does.  `method` is POST where something is sent and nothing is said.
    """

    url: WebAddress | None = None
    url_file: str = ""
    url_env: VariableName = ""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] | None = None
    headers: Mapping[str, str] = {}
    headers_env: Mapping[str, VariableName] = {}
    json: Any = None
    body: str = ""
    expect_status: tuple[HttpStatus, ...] = ()
    expect_body: Regex = Regex()
    redirects: Natural = 5
    wait: Duration = MINUTE
    verify: bool = True
    ca_file: str = ""


class Param(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parameter of a run by hand; it reaches the job as an environment variable."""

    default: str = ""
    choices: tuple[str, ...] = ()
    pattern: Regex = Regex()
    help: str = ""


class Threshold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Failures it takes before the first alert: in a row, or `failures` of the last `of`."""

    failures: Positive = 1
    of: Positive | None = None


class Job(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One declared job: every key of [jobs.NAME], its default, and what it became.

    `name` and `origin` (the file that declares it) are no keys.  Paths are resolved from the folder
    of that file; one that begins with "~" is left for whoever knows the user it runs as.
    """

    name: str
    origin: str = ""

    description: str = ""
    docs: str = ""
    tags: tuple[str, ...] = ()
    enabled: bool = True

    command: str | tuple[str, ...] | None = None
    http: Http | None = None
    python: Target | None = None
    args: Mapping[str, Any] = {}
    interpreter: str = ""
    sql: str | None = None
    sql_file: str | None = None
    sql_params: Mapping[str, Any] = {}
    sql_autocommit: bool = False
    sql_rows: Natural = 100
    database_env: VariableName = ""
    database_file: str = ""
    shell: Words = Words(("/bin/sh",))
    cwd: str = ""
    user: Account = ""
    group: Account = ""
    env: Mapping[Variable, str] = {}
    env_file: Words = Words()
    inherit_env: bool | tuple[Variable, ...] = True
    umask: Octal = "022"
    stdin: str = ""
    params: Mapping[Variable, Param] = {}

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
    skip_dates: Days = Days()
    calendar: Calendar | None = None
    on_holiday: Literal["skip", "next", "previous"] = "skip"
    jitter: Duration = Duration()
    grace: Duration = Duration(minutes=15)
    catch_up: Literal["skip", "latest", "all"] = "skip"
    max_catch_up: Positive = 100

    timeout: Duration | None = None
    stop_signal: Signal = Signal("TERM")
    kill_after: Duration = Duration(seconds=10)
    strict_kill: bool = False
    slow_after: Duration | None = None
    retry: Retry = Retry()
    breaker: BreakerRule | None = None
    overlap: Literal["skip", "queue", "allow", "replace"] = "skip"
    max_instances: Positive = 1
    lock: Name = ""
    pool: Name = ""
    priority: Priority = 0
    queue_timeout: Duration | None = None
    limits: Limits = Limits()
    success_codes: Annotated[tuple[ExitCode, ...], Meta(min_length=1)] = (0,)
    expect: Expect = Expect()

    capture: Literal["both", "stdout", "stderr", "none"] = "both"
    output_limit: Size = Size(1024 * 1024)
    redact: tuple[Regex, ...] = ()
    keep_runs: Positive | None = None

    notify: tuple[str, ...] = ()
    notify_on: tuple[Event, ...] = ("failure", "timeout", "lost", "missed", "recovered")
    notify_after: Threshold = Threshold()
    notify_every: Duration | None = None
    ping: Secret = Secret()
    ping_file: str = ""
    ping_env: VariableName = ""

    hosts: tuple[HostPattern, ...] = ()
    labels: tuple[Label, ...] = ()
    prefer: tuple[Preference, ...] = ()
    on: Literal["one", "every"] = "one"

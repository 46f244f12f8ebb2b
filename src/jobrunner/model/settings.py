"""The rest of jobs.toml: settings, retention, pools, channels, and the whole as one Config."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from jobrunner.model.job import Event, Job
from jobrunner.model.value import (
    Account,
    Duration,
    FilePath,
    Label,
    Name,
    Natural,
    Port,
    Positive,
    Secret,
    Size,
    Target,
    Variable,
    VariableName,
    Windows,
    Words,
)


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long history is kept: by count, by age, whichever comes first."""

    runs: Positive = 1000
    age: Duration = Duration(days=90)
    logs: Duration = Duration(days=30)
    total_logs: Size = Size(1024**3)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[settings]: what holds for the whole host.

    Of `heartbeat`, `store` and `claims` at most one form is set: the value itself, the file that
    holds it, or the variable that does.  The last two are read when they are used.
    """

    state_dir: str = ""
    host: Name = ""
    max_parallel: Natural = 100
    heartbeat: Secret = Secret()
    heartbeat_file: str = ""
    heartbeat_env: VariableName = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    log_dir: str = ""
    store: Secret = Secret()
    store_file: str = ""
    store_env: VariableName = ""
    claims: Secret = Secret()
    claims_file: str = ""
    claims_env: VariableName = ""
    claims_unreachable: Literal["skip", "run"] = "skip"
    labels: tuple[Label, ...] = ()
    allow_private_urls: tuple[str, ...] = ()
    retention: Retention = Retention()


class Channel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[notify.NAME]: where messages go.  `name` is no key."""

    name: str
    url: Secret = Secret()
    url_file: str = ""
    url_env: VariableName = ""
    webhook: Secret = Secret()
    webhook_file: str = ""
    webhook_env: VariableName = ""
    secret: Secret = Secret()
    secret_file: str = ""
    secret_env: VariableName = ""
    command: tuple[str, ...] = ()
    python: Target = ""
    mail: Words = Words()
    sender: str = ""
    smtp: str = ""
    smtp_tls: Literal["auto", "starttls", "tls", "none"] = "auto"
    smtp_user: str = ""
    smtp_password: Secret = Secret()
    smtp_password_file: str = ""
    smtp_password_env: VariableName = ""
    on: tuple[Event, ...] = ()
    min_interval: Duration = Duration(minutes=5)
    digest: Duration | None = None
    quiet: Windows = Windows()
    tail_lines: Natural = 20
    title: str = ""
    body: str = ""


class Serve(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[serve]: the page and the API."""

    host: str = "127.0.0.1"
    port: Port = 8787
    base_path: str = ""
    title: str = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    tls_cert: str = ""
    tls_key: str = ""
    session: Duration = Duration(hours=12)
    anonymous: Literal["none", "viewer"] = "none"
    allow_edit: bool = False
    user_header: str = ""


class Metrics(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[metrics]: figures for a monitoring system."""

    textfile: str = ""
    labels: Mapping[Variable, str] = {}


class Cluster(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[cluster]: when a host of many is lost, and how soon everything else has happened by then.

    `timeout` is how long the database may be silent before a connection counts as broken.
    """

    lease: Duration = Duration(seconds=180)
    tick: Duration = Duration(seconds=60)
    beat: Duration = Duration(seconds=10)
    timeout: Duration = Duration(seconds=10)


class Crontab(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of `crontabs`: a classic crontab, and how its lines are read."""

    path: FilePath
    user: Account = ""
    style: Literal["", "user", "system"] = ""


class Config(Struct, frozen=True, kw_only=True):
    """Everything jobs.toml and the files it names say.

    `notify` are the channels that [defaults] names, for what is in no file.  `sources` are the
    files that were read, `patterns` the globs that found some of them: who keeps a Config must
    read anew when one of either changes.  `notes` are sentences about what is understood but not
    acted on, for whoever checks the file.
    """

    origin: str
    settings: Settings = Settings()
    pools: Mapping[str, int] = {}
    channels: Mapping[str, Channel] = {}
    jobs: Mapping[str, Job] = {}
    serve: Serve = Serve()
    metrics: Metrics = Metrics()
    cluster: Cluster = Cluster()
    notify: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

"""The rest of jobs.toml: settings, retention, pools, channels, and the whole as one Config."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from jobrunner.model.job import Job
from jobrunner.model.value import Duration, Size, Words


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long history is kept: by count, by age, whichever comes first."""

    runs: int = 1000
    age: Duration = Duration(days=90)
    logs: Duration = Duration(days=30)
    total_logs: Size = Size(1024**3)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[settings]: what holds for the whole host."""

    state_dir: str = ""
    host: str = ""
    max_parallel: int = 100
    heartbeat: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    log_dir: str = ""
    store: str = ""
    labels: tuple[str, ...] = ()
    allow_private_urls: tuple[str, ...] = ()
    retention: Retention = Retention()


class Channel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[notify.NAME]: where messages go."""

    name: str
    url: str = ""
    webhook: str = ""
    secret: str = ""
    command: tuple[str, ...] = ()
    python: str = ""
    on: tuple[str, ...] = ()
    min_interval: Duration = Duration(minutes=5)
    digest: Duration | None = None
    quiet: str = ""
    tail_lines: int = 20
    title: str = ""
    body: str = ""


class Config(Struct, frozen=True, kw_only=True):
    """Everything jobs.toml and the files it names say."""

    origin: str
    settings: Settings = Settings()
    pools: Mapping[str, int] = {}
    channels: Mapping[str, Channel] = {}
    jobs: Mapping[str, Job] = {}
    sources: Words = Words()

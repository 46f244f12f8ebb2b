"""A version of a job as the ledger keeps it, made a job again as far as an attempt needs it."""

import re
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from msgspec import Struct, convert, json

from jobrunner.config.finding import Refusal
from jobrunner.config.zone import LOCAL, host_zone, zone
from jobrunner.engine.definition import HIDDEN, define
from jobrunner.errors import UnknownError
from jobrunner.model.job import Http, Job, Limits, Param, Retry
from jobrunner.model.run import Run
from jobrunner.model.value import Duration, Size, Words, Zone
from jobrunner.store.base import Store

# What is kept of a job as it stands in JSON.
PLAIN = ("origin", "cwd", "user", "group", "umask", "stdin", "lock", "pool", "python", "sql")
LENGTH = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)(?:\.\d+)?")


class Version(Struct, frozen=True, kw_only=True):
    """What ran, and how that is another job than the one that jobs.toml declares now.

    `lost` are secrets that were set then and are not now: the ledger never had their values.
    """

    job: Job
    is_current: bool
    lost: tuple[str, ...] = ()


def version_of(run: Run, store: Store, declared: Mapping[str, Job]) -> Version:
    """The version of its job that a run was started from."""
    now = declared.get(run.job)
    if now and define(now).fingerprint == run.definition:
        return Version(job=now, is_current=True)
    text = store.definition(run.definition) if run.definition else None
    if text is None:
        raise UnknownError(f"#{run.id}: the ledger does not know which version of {run.job} ran.")
    return recall(text, now)


def recall(text: str, now: Job | None) -> Version:
    """The job that this text is a version of; secrets have the values that `now` has."""
    told = json.decode(text)
    env = dict(told.get("env", {}))
    kept = now.env if now else {}
    hidden = [name for name, value in env.items() if value == HIDDEN]
    env |= {name: kept[name] for name in hidden if name in kept}
    lost = tuple(name for name in hidden if name not in kept)
    job = Job(
        name=told["name"],
        timezone=_zone(told),
        command=_command(told.get("command")),
        shell=Words(told.get("shell", ("/bin/sh",))),
        env={name: value for name, value in env.items() if name not in lost},
        env_file=Words(told.get("env_file", ())),
        inherit_env=_inherit(told.get("inherit_env", True)),
        params=convert(told.get("params", {}), dict[str, Param], dec_hook=_made),
        http=convert(told["http"], Http, dec_hook=_made) if told.get("http") else None,
        limits=_limits(told.get("limits", {})),
        retry=Retry(attempts=told.get("retry", {}).get("attempts", 0)),
        **{key: told[key] for key in PLAIN if key in told},
    )
    return Version(job=job, is_current=False, lost=lost)


def undeclared(name: str) -> Job:
    """All that is known of a job that is declared no more, where no version of it is needed."""
    return Job(name=name, timezone=Zone("UTC", UTC))


def _made(kind: Any, value: Any) -> Any:
    """A text of its own kind, such as a pattern."""
    return kind(value)


def _command(told: Any) -> str | tuple[str, ...] | None:
    return tuple(told) if isinstance(told, list) else told


def _inherit(told: Any) -> bool | tuple[str, ...]:
    return told if isinstance(told, bool) else tuple(told)


def _limits(told: Mapping[str, Any]) -> Limits:
    memory, cpu = told.get("memory"), told.get("cpu_time")
    return Limits(
        nice=told.get("nice"),
        memory=Size(memory) if memory is not None else None,
        cpu_time=_length(cpu) if cpu is not None else None,
        open_files=told.get("open_files"),
        processes=told.get("processes"),
    )


def _length(text: str) -> Duration:
    """A duration as Python spells it: "1 day, 0:00:05"."""
    found = LENGTH.fullmatch(text)
    assert found, text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    whole = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return Duration(seconds=whole.total_seconds())


def _zone(told: Mapping[str, Any]) -> Zone:
    name = told.get("timezone", {}).get("name", "UTC")
    if name == LOCAL:
        return host_zone()
    try:
        return zone(name)
    except Refusal:  # a zone that this host no longer has
        return Zone("UTC", UTC)

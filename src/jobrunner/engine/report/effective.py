"""The whole configuration as it is understood: includes, defaults and crontabs worked in."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from jobrunner.engine.report.spelling import plain
from jobrunner.model.settings import Config

SECTIONS = ("settings", "serve", "metrics", "cluster")
# Where it was declared is no key of it.
TOLD_ELSEWHERE = frozenset({"name", "origin", "line", "sources"})


def effective(config: Config, jobs: Iterable[str] = ()) -> dict[str, Any]:
    """All that differs from what is built in, as jobs.toml would say it, without secrets.

    With `jobs` these alone.
    """
    chosen = [*jobs]
    whole: dict[str, Any] = {} if chosen else {"version": 1}
    if not chosen:
        whole |= {name: _table(getattr(config, name)) for name in SECTIONS}
        whole |= {"pools": dict(config.pools), "notify": _tables(config.channels)}
    whole["jobs"] = _tables({name: config.jobs[name] for name in chosen or config.jobs})
    return {name: value for name, value in whole.items() if value not in ({}, None)}


def _tables(named: Mapping[str, Struct]) -> dict[str, Any]:
    return {name: _table(value) for name, value in named.items()}


def _table(value: Struct) -> dict[str, Any]:
    told: dict[str, Any] = plain(value)
    return {key: one for key, one in told.items() if key not in TOLD_ELSEWHERE and one != {}}

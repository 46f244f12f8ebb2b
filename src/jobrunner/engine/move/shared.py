"""What several tables say alike, said once: the [defaults] of a file of their own."""

from collections.abc import Mapping, Sequence
from typing import Any

# What it is about is seldom one job's: how commands are started, and in which zone times are.
SHAREABLE = ("timezone", "shell", "cwd", "jitter", "notify", "notify_on")
Table = Mapping[str, Any]


def shared(tables: Sequence[Table]) -> dict[str, Any]:
    """The keys and variables that all tables have alike; none for a single one."""
    if len(tables) <= 1:
        return {}
    first, *others = tables
    common = {
        key: first[key]
        for key in SHAREABLE
        if key in first and all(other.get(key) == first[key] for other in others)
    }
    env = {
        name: value
        for name, value in first.get("env", {}).items()
        if all(other.get("env", {}).get(name) == value for other in others)
    }
    return common | ({"env": env} if env else {})


def without(table: Table, common: Table) -> dict[str, Any]:
    """A table without what stands in the [defaults] above it."""
    rest = {key: value for key, value in table.items() if key not in common or key == "env"}
    env = {n: v for n, v in table.get("env", {}).items() if n not in common.get("env", {})}
    if env:
        return {key: env if key == "env" else value for key, value in rest.items()}
    return {key: value for key, value in rest.items() if key != "env"}

"""A table of what ran on each host, and how figures of many runs are spelt."""

from collections.abc import Sequence
from datetime import timedelta

from jobrunner.cli import table
from jobrunner.config.spelling import shown
from jobrunner.engine.figures.hosts import RunsOfHost
from jobrunner.words import short

HEADER = ("HOST", "RUNS", "OK", "FAILED", "LOST", "MEAN", "LONGEST")


def show(hosts: Sequence[RunsOfHost]) -> None:
    """A row a host."""
    table.show(HEADER, [_row(one) for one in hosts], optional=("LONGEST", "MEAN"))
    table.remark("By host only runs that are kept are told, each where it was tried last.", " ")


def percent(share: float | None) -> str:
    """Rounded down: 100% is said where nothing failed, and nowhere else."""
    if share is None:
        return "-"
    return "100%" if share == 100 else f"{int(share * 100) / 100:.2f}%"  # noqa: PLR2004 - per cent


def took(seconds: float | None, about: str = "") -> str:
    """A duration, or that there is none."""
    return "-" if seconds is None else about + short(timedelta(seconds=seconds))


def _row(one: RunsOfHost) -> tuple[str, ...]:
    return (
        shown(one.host),
        f"{one.runs:,}",
        percent(one.success_percent),
        f"{one.failed + one.timeout:,}",
        f"{one.lost:,}",
        took(one.mean_seconds),
        took(one.max_seconds),
    )

"""What the runs that are kept came to on each host, where many share the ledger."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from msgspec import Struct

from jobrunner.engine.fleet import shared
from jobrunner.engine.scene import Scene
from jobrunner.model.run import State
from jobrunner.store.fleet import HostFigures
from jobrunner.store.value import ENDS


class RunsOfHost(Struct, frozen=True, kw_only=True):
    """One host: the runs that ended there, where their last attempt was, and are still kept.

    Durations are of its successes.
    """

    host: str
    runs: int
    success: int
    failed: int
    timeout: int
    stopped: int
    lost: int
    success_percent: float | None
    mean_seconds: float | None
    max_seconds: float | None


class RunsByHost(Struct, frozen=True, kw_only=True):
    """The hosts on which anything ended since that UTC day, by name.

    There are none where the ledger is one host's alone: `is_shared` tells.
    """

    since: date
    is_shared: bool
    hosts: tuple[RunsOfHost, ...]


def see_by_host(here: Scene, names: Sequence[str] | None, since: datetime) -> RunsByHost:
    """What ran where, of these jobs or (None) of every one, from that UTC day on."""
    first = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    fleet = shared(here.store)
    found = fleet.figures_by_host(first, names) if fleet else []
    rows = tuple(_row(one) for one in found)
    return RunsByHost(since=first.date(), is_shared=fleet is not None, hosts=rows)


def _row(one: HostFigures) -> RunsOfHost:
    counts = {state.value: one.runs.get(state, 0) for state in ENDS}
    runs = sum(counts.values())
    return RunsOfHost(
        host=one.host,
        runs=runs,
        **counts,
        success_percent=round(100 * counts[State.SUCCESS.value] / runs, 4) if runs else None,
        mean_seconds=one.mean.total_seconds() if one.mean is not None else None,
        max_seconds=one.longest.total_seconds() if one.longest is not None else None,
    )

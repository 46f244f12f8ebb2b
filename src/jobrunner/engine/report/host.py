"""Who shares the ledger: what `hosts` shows, on a row a host."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner import __version__
from jobrunner.engine.accord import fingerprint
from jobrunner.engine.fleet import shared
from jobrunner.engine.report.health import HostState, Peer, is_silent
from jobrunner.engine.scene import Scene, host_of
from jobrunner.engine.ticks import last_tick
from jobrunner.model.run import State
from jobrunner.model.settings import Cluster
from jobrunner.policy import lease
from jobrunner.store.fleet import Fleet, Host, Version

DAY = timedelta(days=1)


class HostRow(Struct, frozen=True, kw_only=True):
    """One host; of many that share a ledger every time is by the database's clock.

    One that is "silent" has not said for some beats that it lives, and may be lost; one that has
    "left" ended as it should.  `config` tells by a fingerprint what its jobs.toml means,
    `config_version` which pushed version that is, and `agrees` whether it is what the others do.
    `skew_seconds` is how far its own clock is ahead.
    """

    name: str
    state: HostState
    running: int
    waiting: int
    capacity: int
    labels: tuple[str, ...]
    version: str
    config: str
    config_version: int | None
    agrees: bool
    skew_seconds: float
    first_seen_at: datetime | None
    last_beat_at: datetime | None
    last_tick_at: datetime | None
    left_at: datetime | None
    drained_at: datetime | None
    drained_by: str


class Roster(Struct, frozen=True, kw_only=True):
    """The hosts by name, as they were at an instant; `is_shared` where there may be many.

    `agreed` is the fingerprint that each should have, empty where none is right; `newest` is the
    version of jobs.toml that was pushed last.
    """

    at: datetime
    is_shared: bool
    agreed: str
    newest: int | None
    hosts: tuple[HostRow, ...]


def see_hosts(here: Scene, now: datetime) -> Roster:
    """Every host of the ledger; of one host's own, that one."""
    fleet = shared(here.store)
    if fleet is None:
        own = _alone(here, now)
        return Roster(at=now, is_shared=False, agreed=own.config, newest=None, hosts=(own,))
    return of_fleet(fleet, here.config.cluster)


def of_fleet(fleet: Fleet, cluster: Cluster) -> Roster:
    """The hosts that share the ledger, by its own clock."""
    now, known, versions = fleet.clock(), fleet.hosts(), fleet.config_versions()
    agreed = agreed_on(known, versions)
    numbers = {each.fingerprint: each.version for each in reversed(versions)}
    rows = (
        HostRow(
            name=host.name,
            state=host_state(host, cluster, now),
            running=host.running,
            waiting=host.waiting,
            capacity=host.capacity,
            labels=host.labels,
            version=host.version,
            config=host.config,
            config_version=numbers.get(host.config),
            agrees=bool(agreed) and host.config == agreed,
            skew_seconds=host.skew.total_seconds(),
            first_seen_at=host.first_seen_at,
            last_beat_at=host.beat_at,
            last_tick_at=host.ticked_at,
            left_at=host.left_at,
            drained_at=host.drained_at,
            drained_by=host.drained_by,
        )
        for host in known
    )
    return Roster(
        at=now,
        is_shared=True,
        agreed=agreed,
        newest=versions[0].version if versions else None,
        hosts=tuple(rows),
    )


def peers(here: Scene) -> list[Peer]:
    """The hosts that share the ledger, if it is shared."""
    fleet = shared(here.store)
    if fleet is None:
        return []
    now, cluster = fleet.clock(), here.config.cluster
    return [Peer(host.name, host_state(host, cluster, now)) for host in fleet.hosts()]


def host_state(host: Host, cluster: Cluster, now: datetime) -> HostState:
    """How a host is: what keeps it from working comes first."""
    if host.left_at is not None:
        return "left"
    if now - host.beat_at > lease.silence(cluster):
        return "silent"
    return "drained" if host.drained_at is not None else "alive"


def agreed_on(hosts: Iterable[Host], versions: Sequence[Version]) -> str:
    """The fingerprint that every host should have.

    It is the newest version's; where none was pushed, what most hosts have; where as many have
    another one, none is right.
    """
    if versions:
        return versions[0].fingerprint
    counts = Counter(host.config for host in hosts if host.left_at is None and host.config)
    (first, most), *others = [*counts.most_common(2), ("", 0)][:2]
    return "" if others and others[0][1] == most else first


def differing(found: Roster) -> list[str]:
    """The hosts, of those that have not left, whose jobs.toml is not what it should be."""
    return [host.name for host in found.hosts if not host.agrees and host.state != "left"]


def _alone(here: Scene, now: datetime) -> HostRow:
    """The one host of its ledger, as it sees itself."""
    settings = here.config.settings
    ticked_at, _ = last_tick(here.store, now, DAY)
    states = [run.state for run in here.store.live()]
    return HostRow(
        name=host_of(settings),
        state="silent" if ticked_at and is_silent(ticked_at, now) else "alive",
        running=states.count(State.RUNNING),
        waiting=states.count(State.QUEUED),
        capacity=settings.max_parallel,
        labels=settings.labels,
        version=__version__,
        config=fingerprint(here.config),
        config_version=None,
        agrees=True,
        skew_seconds=0.0,
        first_seen_at=None,
        last_beat_at=None,
        last_tick_at=ticked_at,
        left_at=None,
        drained_at=None,
        drained_by="",
    )

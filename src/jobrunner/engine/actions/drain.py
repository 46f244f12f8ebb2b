"""Has a host take nothing new, or again: what runs there goes on."""

from datetime import datetime

from msgspec import Struct

from jobrunner.config.spelling import unknown
from jobrunner.engine.fleet import fleet_of
from jobrunner.engine.report.host import host_state
from jobrunner.engine.scene import Scene
from jobrunner.errors import BusyError, UnknownError
from jobrunner.model.run import State
from jobrunner.store.base import Store
from jobrunner.store.fleet import Fleet, Host


class Still(Struct, frozen=True, kw_only=True):
    """A run that goes on at a host that takes nothing new."""

    run: int
    job: str
    started_at: datetime | None


class Drained(Struct, frozen=True, kw_only=True):
    """What became of it: whether the host takes nothing new now, and what is different by that.

    `since` and `by` are who said so, None and empty where nobody does; `running` still does.
    """

    host: str
    drained: bool
    changed: bool
    since: datetime | None
    by: str
    running: tuple[Still, ...]


def drain(store: Store, name: str, by: str) -> Drained:
    """Have a host take nothing new; one that does so already goes on to, as it was asked first."""
    fleet, host = _known(store, name)
    is_new = host.drained_at is None and fleet.drain(name, by, now=fleet.clock())
    return _told(store, fleet, name, is_new=is_new)


def undrain(store: Store, name: str) -> Drained:
    """Let a host take runs again."""
    fleet, host = _known(store, name)
    is_new = host.drained_at is not None and fleet.drain(name, "", now=None)
    return _told(store, fleet, name, is_new=is_new)


def still_on(store: Store, host: str) -> tuple[Still, ...]:
    """What runs on a host, oldest first."""
    running = (run for run in store.live() if run.state is State.RUNNING and run.host == host)
    return tuple(Still(run=run.id, job=run.job, started_at=run.started_at) for run in running)


def forget(here: Scene, name: str) -> None:
    """Remove a host that is gone for good; of one that lives nothing would be gone for long."""
    fleet, host = _known(here.store, name)
    state = host_state(host, here.config.cluster, fleet.clock())
    if state not in {"left", "silent"}:
        raise BusyError(f"{name} lives: it is forgotten when its supervisor has ended.")
    fleet.forget_host(name)


def _known(store: Store, name: str) -> tuple[Fleet, Host]:
    fleet = fleet_of(store)
    hosts = {host.name: host for host in fleet.hosts()}
    if name not in hosts:
        raise UnknownError(unknown("host", name, hosts))
    return fleet, hosts[name]


def _told(store: Store, fleet: Fleet, name: str, *, is_new: bool) -> Drained:
    host = next((each for each in fleet.hosts() if each.name == name), None)
    return Drained(
        host=name,
        drained=host is not None and host.drained_at is not None,
        changed=is_new,
        since=host.drained_at if host else None,
        by=host.drained_by if host else "",
        running=still_on(store, name),
    )

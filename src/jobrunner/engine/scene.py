"""What a command works with: the configuration in use, its state folder, its ledger."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from jobrunner.engine.agenda import Seat
from jobrunner.engine.location import is_there, location
from jobrunner.engine.plan import current
from jobrunner.engine.sameness import Sameness
from jobrunner.engine.state import State, prepare
from jobrunner.errors import StoreAbsentError, StoreError, StoreSchemaError
from jobrunner.jobfile.place import Asker, find_state
from jobrunner.model.settings import Config, Settings
from jobrunner.model.value import Secret
from jobrunner.store import migrate_store, open_store
from jobrunner.store.base import Store
from jobrunner.store.fleet import Fleet
from jobrunner.store.location import is_shared, path_of
from jobrunner.store.telling import told


class Scene(Struct, frozen=True, kw_only=True):
    """One configuration, its state folder and its ledger, open.

    `location` says where that is, unless it is the state folder's own.
    """

    config: Config
    state: State
    store: Store
    location: Secret = Secret()

    @property
    def seat(self) -> Seat:
        """From where this host looks at its jobs."""
        return seat_of(self.config.settings, self.location)

    @property
    def ledger(self) -> str:
        """Where the ledger is, as it may be shown."""
        return told(self.location or self.state.ledger)

    @property
    def file(self) -> Path:
        """The file that the ledger is, unless it is shared."""
        return path_of(self.location or self.state.ledger)

    @property
    def is_shared(self) -> bool:
        """Whether the ledger is that of many hosts."""
        return is_shared(self.location)


def state_of(config: Config, asker: Asker) -> State:
    """The state folder that belongs to a configuration."""
    return State(find_state(config.origin, asker, config.settings.state_dir).path)


def location_of(config: Config, asker: Asker) -> Secret:
    """Where the ledger of a configuration is; see `location`."""
    return location(config.settings, state_of(config, asker), asker.environ)


def host_of(settings: Settings) -> str:
    """What this host is called, in history, alerts and figures."""
    return settings.host or os.uname().nodename


def seat_of(settings: Settings, where: str) -> Seat:
    """From where this host looks at the jobs of a ledger."""
    return Seat(host=host_of(settings), labels=settings.labels, is_shared=is_shared(where))


@contextmanager
def scene(option: str | None, asker: Asker) -> Iterator[Scene]:
    """Open what the file that `option` or habit names belongs to; a new ledger if there is none."""
    with scene_of(current(option, asker), asker) as opened:
        yield opened


@contextmanager
def scene_of(config: Config, asker: Asker) -> Iterator[Scene]:
    """The same of a configuration that is known."""
    state, where = state_of(config, asker), location_of(config, asker)
    store = ledger(state, where, config.cluster.timeout)
    try:
        yield Scene(config=config, state=state, store=store, location=where)
    finally:
        store.close()


def ledger(state: State, where: str = "", timeout: timedelta | None = None) -> Store:
    """The ledger, a state folder's own or that elsewhere; made if there is not a trace of one.

    `timeout` is how long a server may be silent.
    """
    where = where or state.ledger
    if is_shared(where):
        seconds = timeout.total_seconds() if timeout else None
        return _shared(where, Sameness(state, where), seconds)
    path = str(path_of(where))
    if _is_absent(path) and _is_absent(f"{path}.id"):
        prepare(state)
        migrate_store(where)
    return open_store(where)


def _shared(where: str, sameness: Sameness, timeout: float | None) -> Store:
    """The ledger of many hosts, which is the one that was there before."""
    try:
        store = open_store(where, timeout=timeout)
    except StoreAbsentError:
        sameness.check_absence()
        migrate_store(where)
        store = open_store(where, timeout=timeout)
    with ExitStack() as unless_same:
        unless_same.callback(store.close)
        if isinstance(store, Fleet):
            sameness.check(store)
        unless_same.pop_all()
    return store


def _is_absent(path: str) -> bool:
    """Whether it is not there for certain; in a folder that may not be looked into it may be."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def migrated(state: State, where: str = "", timeout: timedelta | None = None) -> Store:
    """The same, brought up to date if an older version made it: the supervisor's to do."""
    try:
        return ledger(state, where, timeout)
    except StoreSchemaError:
        migrate_store(where or state.ledger)
    return ledger(state, where, timeout)


def is_sound(where: str) -> bool:
    """Whether a ledger can be had there that answers."""
    try:
        with closing(open_store(where)) as store:
            store.wake_at()
    except StoreError:
        return False
    return True


@contextmanager
def ledger_if_any(where: str) -> Iterator[Store | None]:
    """The ledger for who only looks; None if there is none yet: to look makes none."""
    store = _found(where)
    try:
        yield store
    finally:
        if store:
            store.close()


def _found(where: str) -> Store | None:
    if not is_there(where):
        return None
    try:
        return open_store(where)
    except StoreAbsentError:
        return None

"""What a command works with: the configuration in use, its state folder, its ledger."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from jobrunner.engine.plan import current
from jobrunner.engine.state import State, prepare
from jobrunner.errors import StoreSchemaError
from jobrunner.jobfile.place import Asker, find_state
from jobrunner.model.settings import Config, Settings
from jobrunner.store import migrate_store, open_store
from jobrunner.store.base import Store


class Scene(Struct, frozen=True, kw_only=True):
    """One configuration, its state folder and its ledger, open."""

    config: Config
    state: State
    store: Store


def state_of(config: Config, asker: Asker) -> State:
    """The state folder that belongs to a configuration."""
    return State(find_state(config.origin, asker, config.settings.state_dir).path)


def host_of(settings: Settings) -> str:
    """What this host is called, in history, alerts and figures."""
    return settings.host or os.uname().nodename


@contextmanager
def scene(option: str | None, asker: Asker) -> Iterator[Scene]:
    """Open what the file that `option` or habit names belongs to; a new ledger if there is none."""
    config = current(option, asker)
    state = state_of(config, asker)
    store = ledger(state)
    try:
        yield Scene(config=config, state=state, store=store)
    finally:
        store.close()


def ledger(state: State) -> Store:
    """The ledger of a state folder; made if neither it nor a trace of one is there."""
    if _is_absent(state.ledger) and _is_absent(f"{state.ledger}.id"):
        prepare(state)
        migrate_store(state.ledger)
    return open_store(state.ledger)


def _is_absent(path: str) -> bool:
    """Whether it is not there for certain; in a folder that may not be looked into it may be."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def migrated(state: State) -> Store:
    """The same, brought up to date if an older version made it: the supervisor's to do."""
    try:
        return ledger(state)
    except StoreSchemaError:
        migrate_store(state.ledger)
    return open_store(state.ledger)

"""What an operator does with the ledger as a file: copy, check, prune, bring up to date, repair."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jobrunner.clock import Clock
from jobrunner.engine.actions.roof import archive, whereabouts
from jobrunner.engine.scene import Scene
from jobrunner.engine.sole import held
from jobrunner.engine.state import State, prepare
from jobrunner.engine.upkeep import Swept, prune, retention
from jobrunner.errors import BusyError, StoreError
from jobrunner.jobfile.place import Asker
from jobrunner.store import migrate_store, open_file, open_store, recover_store, restore_store
from jobrunner.store.value import Pruned
from jobrunner.words import numbered

if TYPE_CHECKING:
    from jobrunner.store.sqlite.recovery import Recovered
    from jobrunner.store.sqlite.restore import Restored


def backup(
    option: str | None,
    asker: Asker,
    target: str,
    now: datetime,
    on_step: Callable[[int, int], None],
) -> Path:
    """Copy the ledger to a file, or into a folder under a name that tells the time; where it is.

    Without a target that is the state folder.
    """
    state = whereabouts(option, asker)
    path = Path(target or state.folder)
    if path.is_dir():
        path /= f"jobrunner-{now:%Y%m%dT%H%M%SZ}.db"
    with closing(open_file(state.ledger)) as store:
        store.backup(path, on_step)
    return path


def check(option: str | None, asker: Asker, *, full: bool) -> tuple[str, list[str]]:
    """Which file was looked at, and what is wrong with it."""
    state = whereabouts(option, asker)
    try:
        with closing(open_file(state.ledger)) as store:
            return state.ledger, store.check(full=full)
    except StoreError as error:
        return state.ledger, [str(error).removeprefix(f"{state.ledger}: ")]


def restore(
    option: str | None, asker: Asker, source: str, clock: Clock, *, other: bool
) -> "Restored":
    """Put a copy in the ledger's place while nobody looks after runs, and none is going on."""
    state = whereabouts(option, asker)
    with _alone(state, clock):
        _refuse_live(state)
        restored = restore_store(state.ledger, Path(source), clock.now(), other=other)
        migrate_store(state.ledger)
    return restored


def recover(
    option: str | None, asker: Asker, clock: Clock, on_rows: Callable[[str, int], None]
) -> "Recovered":
    """Save what can be read of a damaged ledger into a new one in its place."""
    state = whereabouts(option, asker)
    with _alone(state, clock):
        return recover_store(state.ledger, clock.now(), on_rows)


def migrate(option: str | None, asker: Asker, clock: Clock) -> tuple[str, list[str]]:
    """Make the ledger or bring it up to date: which file, and the steps that were needed."""
    state = whereabouts(option, asker)
    with _alone(state, clock):
        return state.ledger, migrate_store(state.ledger)


@contextmanager
def pruning(option: str | None, asker: Asker, clock: Clock) -> Iterator["Pruning"]:
    with archive(option, asker) as here:
        yield Pruning(here, clock)


class Pruning:
    """What `retention` lets go, counted first."""

    def __init__(self, here: Scene, clock: Clock) -> None:
        self._here = here
        self._clock = clock
        self._now = clock.now()
        self.runs = here.store.prunable(retention(here.config), self._now)

    def do(self, on_step: Callable[[Pruned], None]) -> Swept:
        here = self._here
        return prune(here.store, here.state, here.config, self._now, self._clock, on_step=on_step)


@contextmanager
def _alone(state: State, clock: Clock) -> Iterator[None]:
    """Keep supervisors out; one that waits for work leaves when it is asked to."""
    prepare(state)
    with ExitStack() as stack:
        try:
            stack.enter_context(held(state, clock, is_patient=True))
        except BusyError as error:
            raise BusyError(
                "a supervisor looks after runs, or is a loop, and does not leave.\n"
                "See jobrunner status; stop what runs, or the loop, and try again"
            ) from error
        yield


def _refuse_live(state: State) -> None:
    """What is running would be unknown to the copy, and might be started once more beside it."""
    if not os.path.lexists(state.ledger):
        return
    with suppress(StoreError), closing(open_store(state.ledger)) as store:
        if live := store.live():
            raise BusyError(
                f"not over yet: {numbered(len(live), 'run')} of the ledger that is here.\n"
                "Wait, or end what runs: jobrunner stop --all"
            )

"""What an operator does with the ledger: copy, check, prune, bring up to date, repair."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jobrunner.clock import Clock
from jobrunner.engine.actions.roof import Whereabouts, archive, whereabouts
from jobrunner.engine.location import is_there
from jobrunner.engine.scene import Scene, ledger_if_any
from jobrunner.engine.sole import held
from jobrunner.engine.state import State, prepare
from jobrunner.engine.upkeep import Swept, prune, retention
from jobrunner.errors import BusyError, JobrunnerError, StoreError
from jobrunner.jobfile.place import Asker, find_jobs
from jobrunner.store import (
    inspect_server,
    migrate_store,
    open_file,
    recover_store,
    restore_store,
)
from jobrunner.store.location import is_shared
from jobrunner.store.telling import told
from jobrunner.store.value import Pruned
from jobrunner.words import numbered

if TYPE_CHECKING:
    from jobrunner.store.sqlite.recovery import Recovered
    from jobrunner.store.sqlite.restore import Restored

BACKUP = (
    "  pg_dump --format=custom --schema=jobrunner --file=FILE URL\n"
    "Better a copy that loses nothing: see Running it in docs/cluster.md"
)
RESTORE = (
    "  pg_restore --clean --if-exists --dbname=URL FILE, while no supervisor is awake on any host\n"
    "What it means for slots that ran since: see Running it in docs/cluster.md"
)


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
    here = _of_file(option, asker, BACKUP)
    path = Path(target or here.state.folder)
    if path.is_dir():
        path /= f"jobrunner-{now:%Y%m%dT%H%M%SZ}.db"
    with closing(open_file(here.ledger)) as store:
        store.backup(path, on_step)
    return path


def check(
    option: str | None, asker: Asker, clock: Clock, *, full: bool
) -> tuple[str, Sequence[str]]:
    """Which ledger was looked at, and what is wrong with it."""
    where = whereabouts(option, asker).ledger
    name = told(where)
    try:
        if is_shared(where):
            return name, inspect_server(where, clock, full=full).problems
        with closing(open_file(where)) as store:
            return name, store.check(full=full)
    except StoreError as error:
        return name, [str(error).removeprefix(f"{name}: ")]


def restore(
    option: str | None, asker: Asker, source: str, clock: Clock, *, other: bool
) -> "Restored":
    """Put a copy in the ledger's place while nobody looks after runs, and none is going on."""
    here = _of_file(option, asker, RESTORE)
    with _alone(here.state, clock):
        _refuse_live(here.ledger)
        restored = restore_store(here.ledger, Path(source), clock.now(), other=other)
        migrate_store(here.ledger)
    return restored


def recover(
    option: str | None, asker: Asker, clock: Clock, on_rows: Callable[[str, int], None]
) -> "Recovered":
    """Save what can be read of a damaged ledger into a new one in its place."""
    here = _of_file(option, asker, RESTORE)
    with _alone(here.state, clock):
        return recover_store(here.ledger, clock.now(), on_rows)


def migrate(option: str | None, asker: Asker, clock: Clock) -> tuple[str, list[str]]:
    """Make the ledger or bring it up to date: which one, and the steps that were needed.

    Supervisors of one that hosts share go on: they renew themselves when it is newer than they.
    """
    here = whereabouts(option, asker)
    if not is_there(here.ledger):
        find_jobs(option, asker)  # else it would be made where no jobs.toml has named it
    with nullcontext() if is_shared(here.ledger) else _alone(here.state, clock):
        return told(here.ledger), migrate_store(here.ledger)


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


def _of_file(option: str | None, asker: Asker, instead: str) -> Whereabouts:
    """Where the ledger is; refused, with what to do instead, if it is in no file."""
    here = whereabouts(option, asker)
    if is_shared(here.ledger):
        raise JobrunnerError(
            f"{told(here.ledger)} is a database of PostgreSQL, whose own tools do that:\n{instead}"
        )
    return here


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


def _refuse_live(where: str) -> None:
    """What is running would be unknown to the copy, and might be started once more beside it."""
    with suppress(StoreError), ledger_if_any(where) as store:
        if store and (live := store.live()):
            raise BusyError(
                f"not over yet: {numbered(len(live), 'run')} of the ledger that is here.\n"
                "Wait, or end what runs: jobrunner stop --all"
            )

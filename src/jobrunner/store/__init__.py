"""Where runs are kept: opening the ledger that a path or URL names.

Importing this costs nothing: a tick does, to look into one file.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from typing import TypeVar

    from jobrunner.clock import Clock
    from jobrunner.store.ledger import Ledger
    from jobrunner.store.move.side import Side
    from jobrunner.store.move.way import Arrived, OnStep
    from jobrunner.store.postgres.served import Served
    from jobrunner.store.postgres.store import PostgresStore
    from jobrunner.store.sqlite.inspection import Inspected
    from jobrunner.store.sqlite.recovery import Recovered
    from jobrunner.store.sqlite.restore import Restored
    from jobrunner.store.sqlite.store import SqliteStore

    Some = TypeVar("Some", bound=Ledger)


def open_store(
    location: "str | Path", *, anywhere: bool = False, timeout: float | None = None
) -> "Ledger":
    """Open the ledger, which has to be there and of this version's schema.

    `timeout` is how many seconds a server may give no answer before it is called away.
    """
    # A driver is imported when its ledger is asked for: users of one need not have the others.
    from jobrunner.store.location import is_shared, path_of  # noqa: PLC0415

    if is_shared(location):
        return _here(open_server(str(location), timeout=timeout), location)
    from jobrunner.store.sqlite import store  # noqa: PLC0415

    return _here(store.open_store(path_of(location), anywhere=anywhere), location)


def _here(store: "Some", location: "str | Path") -> "Some":
    """The ledger, unless it was moved, or is not here as a whole."""
    from jobrunner.store.telling import told  # noqa: PLC0415

    try:
        store.refuse_moved(told(str(location)))
    except BaseException:
        store.close()
        raise
    return store


def open_file(location: "str | Path", *, anywhere: bool = False) -> "SqliteStore":
    """The same, of a ledger that is a file, with what only those have."""
    from jobrunner.store.location import path_of  # noqa: PLC0415
    from jobrunner.store.sqlite import store  # noqa: PLC0415

    return store.open_store(path_of(location), anywhere=anywhere)


def open_server(location: str, *, timeout: float | None = None) -> "PostgresStore":
    """The same, of a ledger that many hosts share, with what only those have."""
    _require_driver()
    from jobrunner.store.postgres import store  # noqa: PLC0415
    from jobrunner.store.postgres.target import target_of  # noqa: PLC0415

    return store.open_store(target_of(location, timeout))


def migrate_store(location: "str | Path", *, anywhere: bool = False) -> list[str]:
    """Make the ledger or bring it up to date; the names of the steps that were needed."""
    from jobrunner.store.location import is_shared, path_of  # noqa: PLC0415

    if is_shared(location):
        _require_driver()
        from jobrunner.store.postgres import migration as shared  # noqa: PLC0415
        from jobrunner.store.postgres.target import target_of  # noqa: PLC0415

        return shared.migrate(target_of(str(location)))
    from jobrunner.store.sqlite import migration  # noqa: PLC0415

    return migration.migrate(path_of(location), anywhere=anywhere)


def inspect_store(
    location: "str | Path", *, full: bool = False, on_step: "Callable[[], None]" = lambda: None
) -> "Inspected":
    """Look at the ledger's file without changing anything; raises what keeps it from being read."""
    from jobrunner.store.location import path_of  # noqa: PLC0415
    from jobrunner.store.sqlite import inspection  # noqa: PLC0415

    return inspection.inspect(path_of(location), full=full, on_step=on_step)


def inspect_server(location: str, clock: "Clock", *, full: bool = False) -> "Served":
    """The same of a ledger that many hosts share, and of the server that has it."""
    _require_driver()
    from jobrunner.store.postgres import inspection  # noqa: PLC0415
    from jobrunner.store.postgres.target import target_of  # noqa: PLC0415

    return inspection.inspect(target_of(location), clock, full=full)


def recover_store(
    location: "str | Path",
    now: "datetime",
    on_rows: "Callable[[str, int], None]" = lambda *_: None,
) -> "Recovered":
    """Save what can be read of a damaged ledger into a new one in its place; it is kept aside.

    `on_rows` is told now and then how many rows of which table are saved.
    """
    from jobrunner.store.location import path_of  # noqa: PLC0415
    from jobrunner.store.sqlite import recovery  # noqa: PLC0415

    return recovery.recover(path_of(location), now, on_rows)


def move_store(source: str, target: str, on_step: "OnStep", *, anywhere: bool = False) -> "Arrived":
    """Take a ledger to another database; what was broken off is gone on with.

    The target is made where there is none.  Nobody may use either of them meanwhile, and the source
    is not to be used afterwards.
    """
    from jobrunner.store.move.way import Way  # noqa: PLC0415

    begins = _side(source, anywhere=anywhere)
    try:
        migrate_store(target, anywhere=anywhere)
        ends = _side(target, anywhere=anywhere)
        try:
            return Way(begins, ends, on_step).go()
        finally:
            ends.connection.close()
    finally:
        begins.connection.close()


def _side(location: str, *, anywhere: bool) -> "Side":
    from jobrunner.store.location import is_shared, path_of  # noqa: PLC0415

    if is_shared(location):
        _require_driver()
        from jobrunner.store.move.server import Server  # noqa: PLC0415

        return Server(location)
    from jobrunner.store.move.file import File  # noqa: PLC0415

    return File(path_of(location), anywhere=anywhere)


def _require_driver() -> None:
    from jobrunner.store.postgres.driver import require  # noqa: PLC0415

    require()


def restore_store(
    location: "str | Path", source: "Path", now: "datetime", *, other: bool = False
) -> "Restored":
    """Put a copy in the ledger's place, proved first; what was there is kept aside."""
    from jobrunner.store.location import path_of  # noqa: PLC0415
    from jobrunner.store.sqlite import restore  # noqa: PLC0415

    return restore.restore(path_of(location), source, now, other=other)

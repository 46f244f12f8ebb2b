"""Runs statements on a database, writes down what they answer, and says how it went.

It is handed what to run as JSON on standard input.  When it is asked to end, the statement is
cancelled on the server: a session that goes on there would hold its locks.
"""

import json
import os
import re
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Any

from jobrunner.errors import JobrunnerError
from jobrunner.kinds.program.script import statements

NEEDED = "sql jobs need SQLAlchemy: pip install 'jobrunner[sql]'"
ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
PATIENCE = 5.0  # seconds for a cancelled statement to come back
WAIT = 10  # seconds for a connection
BIND = re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!:)")
WIDEST = 200  # characters of a value


class FailedError(JobrunnerError):
    """It came to nothing; `name` is short, for programs."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def main() -> int:
    """Run what was asked for; the exit code."""
    order = json.load(sys.stdin)
    # Before there is any thread, so that the one that waits for a signal gets it.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        result = _Work(order).done()
    except FailedError as error:
        sys.stderr.write(f"{error}\n")
        _write({"success": False, "message": str(error), "error": error.name})
        return 1
    _write(result)
    return 0


class _Work:
    """One connection and what is run on it."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._order = order
        self._engine = _engine(order["database"])
        self._is_over = Event()

    def done(self) -> dict[str, Any]:
        """What there is to say of it; FailedError if it failed."""
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - it may not be there

        try:
            with self._engine.connect() as connection:
                self._heed(connection)
                _listen(connection)
                rows = self._run(connection)
        except SQLAlchemyError as error:
            raise _failure(error) from None
        finally:
            self._is_over.set()
        return {"success": True} | ({} if rows is None else _counted(rows))

    def _run(self, connection: Any) -> int | None:
        if self._order["autocommit"]:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        text = self._order["text"]
        parts = statements(text) if self._order["is_script"] else [text]
        rows = [self._execute(connection, statement) for statement in parts]
        connection.commit()
        known = [number for number in rows if number is not None]
        return sum(known) if known else None

    def _execute(self, connection: Any, statement: str) -> int | None:
        """How many rows it answered, or else changed; None if that means nothing: a procedure."""
        from sqlalchemy import text  # noqa: PLC0415 - it may not be there

        params = self._order["params"]
        escaped = BIND.sub(lambda found: _bound(found, params), statement)
        used = {name: params[name] for name in BIND.findall(statement) if name in params}
        result = connection.execute(text(escaped), used)
        if not result.returns_rows:
            changed: int = result.rowcount
            return changed if changed >= 0 else None
        return _show(result, self._order["rows"])

    def _heed(self, connection: Any) -> None:
        """From now on a request to end cancels what runs on the server."""
        cancel = _canceller(self._engine, connection)
        Thread(target=self._wait, args=(cancel,), daemon=True).start()

    def _wait(self, cancel: Any) -> None:
        number = signal.sigwait(ENDING)
        with suppress(Exception):  # it may just have ended, and the connection with it
            cancel()
        self._is_over.wait(PATIENCE)
        sys.stdout.flush()
        os._exit(128 + number)


def _engine(url: str) -> Any:
    try:
        from sqlalchemy import create_engine, make_url  # noqa: PLC0415 - it may not be there
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415 - see above
        from sqlalchemy.pool import NullPool  # noqa: PLC0415 - see above
    except ImportError:
        raise FailedError("missing", NEEDED) from None
    try:
        parsed = make_url(url)
        known = {"connect_timeout": WAIT} if parsed.get_backend_name() in TIMED else {}
        return create_engine(parsed, poolclass=NullPool, connect_args=known)
    except (ArgumentError, NoSuchModuleError):
        raise FailedError("address", "the address of the database cannot be understood") from None
    except ImportError as error:
        raise FailedError("missing", f"the driver of the database is not there: {error}") from None


TIMED = frozenset({"postgresql", "mysql", "mariadb"})


def _canceller(engine: Any, connection: Any) -> Any:
    """What ends the statement that runs on a connection, from another thread."""
    driver = connection.connection.driver_connection
    match engine.dialect.name:
        case "sqlite":
            return driver.interrupt
        case "mysql" | "mariadb":
            number = driver.thread_id()
            return lambda: _kill(engine, number)
        case "postgresql":
            _watch_clients(connection)
    return getattr(driver, "cancel", driver.close)


def _watch_clients(connection: Any) -> None:
    """Have the server notice a client that was killed; one before version 14 cannot."""
    with suppress(Exception):
        connection.exec_driver_sql("SET client_connection_check_interval = '1s'")
        connection.commit()


def _kill(engine: Any, number: int) -> None:
    with engine.connect() as other:
        other.exec_driver_sql(f"KILL {int(number)}")


def _bound(found: re.Match[str], params: Mapping[str, Any]) -> str:
    """What looks like a parameter and is none stays text."""
    return found[0] if found[1] in params else f"\\{found[0]}"


def _show(result: Any, most: int) -> int:
    """Write the first rows, a line each; how many there are."""
    _say(result.keys())
    count = 0
    for row in result:
        count += 1
        if count <= most:
            _say(map(_cell, row))
    if count > most:
        _say([f"... {count - most:,} rows more"])
    sys.stdout.flush()
    return count


def _listen(connection: Any) -> None:
    """What a procedure of PostgreSQL says by the way is output, as psql has it."""
    driver = connection.connection.dbapi_connection
    if hasattr(driver, "add_notice_handler"):
        driver.add_notice_handler(_notice)


def _notice(notice: Any) -> None:
    _say([f"{notice.severity}:  {notice.message_primary}"])
    sys.stdout.flush()


def _say(cells: Iterable[str]) -> None:
    sys.stdout.write("\t".join(cells) + "\n")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    flat = " ".join(text.split("\t")).replace("\n", "\\n")
    return flat if len(flat) <= WIDEST else f"{flat[: WIDEST - 1]}…"


def _counted(rows: int) -> dict[str, Any]:
    message = "1 row" if rows == 1 else f"{rows:,} rows"
    return {"message": message, "metrics": {"rows": rows}}


def _failure(error: Any) -> FailedError:
    """What the database said, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    lines = [line for line in _sentences(cause) if line.strip()]
    return FailedError(type(cause).__name__, lines[0] if lines else type(cause).__name__)


def _sentences(cause: Exception) -> Iterator[str]:
    # MySQL's errors are a number and a text.
    words = [part for part in cause.args if isinstance(part, str)]
    yield from (words[-1] if words else str(cause)).splitlines()


def _write(result: Mapping[str, Any]) -> None:
    """Leave it where the supervisor looks."""
    path = os.environ.get("JOBRUNNER_RESULT")
    if path:
        with open(path, "r+", encoding="utf-8") as file:  # noqa: PTH123 - it is made
            json.dump(result, file)


if __name__ == "__main__":
    sys.exit(main())

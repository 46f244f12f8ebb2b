"""PostgreSQL's errors in our words: away, later perhaps, an alarm, or not with these rights."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from psycopg import Error, OperationalError, errors

from jobrunner.errors import (
    StoreAwayError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreForbiddenError,
    StoreRivalError,
)

# By the first letters of an error's code, the longest that fit count.
AWAY = {
    "08": "the connection broke",
    "57P": "the server is being stopped or started",
    "25006": "it takes no writes: is it a standby?",
    "25P03": "this process was frozen in the middle of a change",
}
RIVALS = {
    "40": "somebody else changed the same at the same time",
}
LATER = {
    "53": "the server has no room left",
    "54": "the server has no room left",
    "55P03": "somebody else has been writing for too long",
    "55006": "it is in use",
    "57014": "it took too long, or was interrupted",
    "58": "the server's disk cannot be read or written",
}
RIGHTS = {
    "28": "the server does not let us in",
    "42501": "this role may not use it",
}
ALARM = {
    "42P01": "a part of it is gone",
    "42703": "a part of it is gone",
    "42883": "a part of it is gone",
    "3D000": "the database is gone",
    "3F000": "a part of it is gone",
    "XX001": "it is damaged",
    "XX002": "it is damaged",
}
KINDS: Mapping[type[StoreError], Mapping[str, str]] = {
    StoreAwayError: AWAY,
    StoreDamagedError: ALARM,
    StoreForbiddenError: RIGHTS,
    StoreRivalError: RIVALS,
    StoreBusyError: LATER,
}
# While connecting there is no code.  The server's own words come after its "FATAL:", which it
# may say in another language, but always with two spaces; libpq speaks ours.
SPOKEN = re.compile(r"failed: [^\s:]+:  ")
STANDBY = "session is read-only"
REFUSED = (
    STANDBY,
    "Connection refused",
    "No such file or directory",
    "closed the connection unexpectedly",
)
# While it says so it lets nobody in.  What it says else it may say to us alone, above all that it
# has no connection left.
FULL = re.compile(r"too many|connection slots")
DOWN = re.compile(r"starting up|shutting down|recovery mode|not (yet )?accepting connections")
NO_ENTRY = re.compile(r"authentication|pg_hba\.conf|password|role \"|permission denied")
NO_PASSWORD = re.compile(r"no password supplied")
ASKS = (
    "the server asks for a password, and there is none: it belongs into the URL, whose signs are"
    " quoted there (%23 for #), or into ~/.pgpass of who runs this"
)
NO_SCHEMA = re.compile(r"permission denied for database")
NO_DATABASE = re.compile(r"database \".*\" does not exist")
POOLED = re.compile(r"unsupported startup parameter")
TIMED_OUT = re.compile(r"timed out|timeout|No route to host|unreachable")


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Let nothing of the driver out: what psycopg raises becomes a StoreError of a kind."""
    try:
        yield
    except Error as error:
        raise kind_of(error, name) from error
    except (OverflowError, UnicodeError) as error:
        raise StoreError(f"{name}: a value that the ledger cannot hold: {error}") from error


def kind_of(error: Error, name: str) -> StoreError:
    """Which of our errors it is, by the code that every database spells in the same way."""
    words = _words(error)
    if error.sqlstate is None and isinstance(error, OperationalError):
        return StoreAwayError(f"{name}: {words}", is_silent=bool(TIMED_OUT.search(words)))
    for kind, table in KINDS.items():
        if said := _said(table, error.sqlstate or ""):
            return kind(f"{name}: {said} ({words}){_advice(words)}")
    return StoreError(f"{name}: {words}")


def refusal(error: Error, name: str) -> StoreError:
    """Why a connection was not made: it is down, gives no answer, or has a reason.

    Whether it is down for everybody is told by what is certain to say so.  Of several servers each
    has to be: who is silent here may answer others.
    """
    words = _words(error)
    if isinstance(error, errors.ConnectionTimeout) or TIMED_OUT.search(words):
        return StoreAwayError(f"{name}: no answer ({words})", is_silent=True)
    if POOLED.search(words):
        return pooled(name)
    if NO_DATABASE.search(words):
        return StoreForbiddenError(f"{name}: {words}; `createdb` makes one")
    if FULL.search(words):
        return StoreAwayError(f"{name}: cannot be had now ({words})", is_silent=True)
    if entry := _no_entry(words):
        return StoreForbiddenError(f"{name}: {entry}")
    said = "takes no writes: is it a standby?" if STANDBY in words else "cannot be had now"
    is_down = bool(DOWN.search(words)) or any(sign in words for sign in REFUSED)
    return StoreAwayError(f"{name}: {said} ({words})", is_silent=not is_down)


def _no_entry(words: str) -> str:
    """Why the server does not let us in; '' if that is not what it says."""
    if NO_PASSWORD.search(words):
        return ASKS
    is_meant = SPOKEN.search(words) and NO_ENTRY.search(words)
    return f"the server does not let us in ({words})" if is_meant else ""


def pooled(name: str) -> StoreError:
    return StoreForbiddenError(
        f"{name}: a pooler, such as PgBouncer, stands before the server; hosts listen to it and"
        " hold its locks, so that each needs a connection of its own: name the server itself"
    )


def _advice(words: str) -> str:
    if not NO_SCHEMA.search(words):
        return ""
    return "; let the database's owner: CREATE SCHEMA jobrunner AUTHORIZATION this role"


def _said(table: Mapping[str, str], code: str) -> str | None:
    return next((table[code[:n]] for n in range(len(code), 1, -1) if code[:n] in table), None)


def _words(error: Error) -> str:
    """What the driver says, in one line."""
    words = " ".join(re.sub(r"\n\s*", " ", str(error)).split("\n")).strip()
    return words.removeprefix("connection failed: ")

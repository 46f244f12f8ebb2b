"""What a ledger notes of itself while it is taken to another database, and afterwards."""

from typing import TypeVar

from msgspec import Struct, json

from jobrunner.errors import StoreError
from jobrunner.store.session import Session

READ = "SELECT value FROM about WHERE name = :name"
WRITE = """
INSERT INTO about (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
ERASE = "DELETE FROM about WHERE name = :name"
INSTANCE, COMING, GONE = "instance", "coming", "gone"
# What is told of this database, and not of the ledger: it stays where it is.
OWN = (INSTANCE, COMING, GONE)


class Coming(Struct, frozen=True, kw_only=True):
    """From which ledger this one is being filled, and how far: a table, and a key in it."""

    instance: str
    name: str
    table: str = ""
    after: tuple[int | str, ...] = ()


class Gone(Struct, frozen=True, kw_only=True):
    """Where this ledger was taken."""

    instance: str
    name: str


Note = TypeVar("Note", Coming, Gone)


def coming(session: Session) -> Coming | None:
    """What is still to come; None if all of the ledger is here."""
    return _read(session, COMING, Coming)


def gone(session: Session) -> Gone | None:
    """Where it was taken; None if it is here."""
    return _read(session, GONE, Gone)


def write(session: Session, note: Coming | Gone) -> None:
    name = COMING if isinstance(note, Coming) else GONE
    session.change(WRITE, {"name": name, "value": json.encode(note).decode()})


def erase(session: Session, *names: str) -> None:
    for name in names:
        session.change(ERASE, {"name": name})


def refuse(session: Session, name: str) -> None:
    """Refuse a ledger that is not to be used any more, or not yet."""
    if left := gone(session):
        raise StoreError(
            f"{name}: was moved to {left.name}.\n"
            f"Say so in jobs.toml (`store` in [settings]), or take it back:"
            f" jobrunner db move {left.name} {name}"
        )
    if rest := coming(session):
        raise StoreError(
            f"{name}: is being filled from {rest.name}, and not all of it is here yet.\n"
            f"To go on with that: jobrunner db move {rest.name} {name}"
        )


def _read(session: Session, name: str, kind: type[Note]) -> Note | None:
    found = session.rows(READ, {"name": name})
    return json.decode(found[0][0], type=kind) if found else None

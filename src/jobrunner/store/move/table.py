"""The tables of a ledger, and the statements that read and write a page of one, in any database."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from jobrunner.store import row
from jobrunner.store.move.note import OWN
from jobrunner.store.session import Session

Row = tuple[Any, ...]
Key = tuple[int | str, ...]
# By name, its key; those that belong to others after those.  A key of one `id` is a number that the
# database gives.
TABLES: Mapping[str, tuple[str, ...]] = {
    "definitions": ("fingerprint",),
    "runs": ("id",),
    "attempts": ("run", "number"),
    "marks": ("job", "place"),
    "jobs": ("name",),
    "breakers": ("name",),
    "requests": ("id",),
    "ticks": ("id",),
    "days": ("day", "job", "state"),
    "durations": ("week", "job", "step"),
    "totals": ("job", "state", "upto"),
    "outbox": ("id",),
    "alarms": ("subject", "channel"),
    "tokens": ("id",),
    "sessions": ("hash",),
    "audit": ("id",),
    "answers": ("key",),
    "about": ("name",),
}
# Whose rows belong to which of the numbered rows of another table, and by which column.
OWNERS = {"attempts": ("runs", "run"), "sessions": ("tokens", "token")}
NUMBERED = tuple(name for name, key in TABLES.items() if key == ("id",))
ONLY = {"about": "name NOT IN ({})".format(", ".join(f"'{name}'" for name in OWN))}


class Table:
    """One table, as far as both databases have it."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        self.name = name
        self.columns = tuple(columns)
        self._key = TABLES[name]
        self._places = [self.columns.index(column) for column in self._key]
        self._select = f"SELECT {', '.join(self.columns)} FROM {name}"  # noqa: S608 - of ours
        self._order = f"ORDER BY {', '.join(self._key)}"

    def key(self, values: Row) -> Key:
        return tuple(values[place] for place in self._places)

    def owners(self, rows: Iterable[Row]) -> set[int]:
        """The numbers of the rows that these belong to."""
        place = self.columns.index(OWNERS[self.name][1])
        return {values[place] for values in rows}

    def count(self, session: Session) -> int:
        where = self._where()
        return int(session.rows(f"SELECT count(*) FROM {self.name}{where}")[0][0])  # noqa: S608

    def page(self, session: Session, after: Key, most: int) -> list[Row]:
        """The first rows beyond a key, in order; from the first one on if it is empty."""
        where = self._where(*self._beyond(after))
        statement = f"{self._select}{where} {self._order} LIMIT :most"
        return _clean(session.rows(statement, {**_named("after", after), "most": most}))

    def between(self, session: Session, after: Key, until: Key) -> list[Row]:
        """The rows beyond a key, up to another one and with it; without that all of them."""
        bound = [f"{self._tuple} <= ({_places('until', until)})"] if until else []
        where = self._where(*self._beyond(after), *bound)
        values = {**_named("after", after), **_named("until", until)}
        return _clean(session.rows(f"{self._select}{where} {self._order}", values))

    def insert(self, rows: str) -> str:
        """The statement that writes rows, told in SQL, over those of the same keys."""
        rest = [column for column in self.columns if column not in self._key]
        changes = ", ".join(f"{column} = excluded.{column}" for column in rest)
        return (
            f"INSERT INTO {self.name} ({', '.join(self.columns)}) {rows}"
            f" ON CONFLICT {self._tuple} DO UPDATE SET {changes}"
        )

    def named(self, values: Row) -> dict[str, Any]:
        """A row by the names of its columns."""
        return dict(zip(self.columns, values, strict=True))

    def remove(self, session: Session, keys: Iterable[Key]) -> None:
        fits = " AND ".join(f"{column} = :{column}" for column in self._key)
        named = [dict(zip(self._key, key, strict=True)) for key in keys]
        session.change_each(f"DELETE FROM {self.name} WHERE {fits}", named)  # noqa: S608

    @cached_property
    def _tuple(self) -> str:
        return f"({', '.join(self._key)})"

    def _beyond(self, after: Key) -> list[str]:
        return [f"{self._tuple} > ({_places('after', after)})"] if after else []

    def _where(self, *conditions: str) -> str:
        only = [ONLY[self.name]] if self.name in ONLY else []
        whole = " AND ".join([*conditions, *only])
        return f" WHERE {whole}" if whole else ""


def _clean(rows: Iterable[Row]) -> list[Row]:
    """Rows without the characters that not every database takes."""
    return [tuple(row.text(each) if type(each) is str else each for each in one) for one in rows]


def _places(name: str, key: Key) -> str:
    return ", ".join(f":{name}_{number}" for number in range(len(key)))


def _named(name: str, key: Key) -> dict[str, int | str]:
    return {f"{name}_{number}": value for number, value in enumerate(key)}

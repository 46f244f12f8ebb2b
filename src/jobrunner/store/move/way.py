"""The way of a ledger from one database to another: filled, compared, handed over.

It may be broken off at any moment, also by force, and gone on with: what has arrived is noted
beside it, and everything is compared in the end, whatever was written meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

from msgspec import Struct, field, json

from jobrunner.digest import blake2b
from jobrunner.errors import BusyError, StoreDamagedError, StoreForbiddenError
from jobrunner.store.move import note
from jobrunner.store.move.note import Coming, Gone
from jobrunner.store.move.side import Side
from jobrunner.store.move.table import NUMBERED, OWNERS, TABLES, Key, Row, Table
from jobrunner.store.session import Session
from jobrunner.words import listed

PAGE = 1000  # rows
# How often all is compared while others may write; after that nobody may.
TRIES = 3
HEARD = timedelta(minutes=3)
OnStep = Callable[[str, int, int], None]


class Sums(Struct, frozen=True):
    """How many rows each table has, and the sum of what is in them."""

    rows: dict[str, int] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)


class Arrived(Struct, frozen=True, kw_only=True):
    """What was moved, the same on both sides.

    `resumed` says that a move which had broken off was gone on with.
    """

    source: str
    target: str
    rows: Mapping[str, int]
    sums: Mapping[str, str]
    resumed: bool


class Way:
    """From one side to another; `on_step` is told what is done, how much of how much."""

    def __init__(self, source: Side, target: Side, on_step: OnStep) -> None:
        self._source = source
        self._target = target
        self._on_step = on_step
        self._tables: dict[str, Table] = {}
        self._done = self._whole = 0

    def go(self) -> Arrived:
        """Take all of it; from then on the source refuses to be used.

        1. Whoever else has or uses either side is refused.
        2. What is not there yet is written, in the order of the keys.
        3. All is compared, and mended, until nothing was written to the source meanwhile.
        4. The source is marked, then the target is set free: never are both in use.
        """
        coming, resumed = self._begin()
        self._find_tables()
        self._fill(coming)
        found = self._hand_over()
        with self._target.connection.writing() as session:
            self._target.settle(session)
        return Arrived(
            source=self._source.name,
            target=self._target.name,
            rows=found.rows,
            sums=found.sums,
            resumed=resumed,
        )

    # -- who may

    def _begin(self) -> tuple[Coming, bool]:
        """Where to go on, and whether something was there already."""
        source, target = self._source, self._target
        self._refuse_users()
        with source.connection.reading() as session:
            instance = source.instance(session)
            rest, left = note.coming(session), note.gone(session)
        with target.connection.writing() as session:
            ours = target.instance(session)
            if rest:
                raise StoreForbiddenError(f"{source.name}: is not whole itself, see {rest.name}")
            if ours == instance:
                raise StoreForbiddenError(f"{target.name}: is the same ledger")
            found = note.coming(session)
            if left and not (found and left.instance == ours):
                raise StoreForbiddenError(f"{source.name}: was moved to {left.name} already")
            if found and found.instance == instance:
                return found, True
            self._refuse_full(session, instance)
            begun = Coming(instance=instance, name=source.name)
            note.write(session, begun)
        return begun, False

    def _refuse_full(self, session: Session, instance: str) -> None:
        """Refuse a target that has a history of its own; one that went to the source has not."""
        name, found, left = self._target.name, note.coming(session), note.gone(session)
        if found:
            raise StoreForbiddenError(f"{name}: is being filled from another ledger, {found.name}")
        if left and left.instance == instance:
            return
        if left or session.rows("SELECT 1 FROM runs LIMIT 1"):
            raise StoreForbiddenError(
                f"{name}: has the runs of another ledger; move into an empty database"
            )

    def _refuse_users(self) -> None:
        for side in (self._source, self._target):
            if hosts := side.living(HEARD):
                raise BusyError(
                    f"{side.name}: is in use by {listed(hosts)}.\n"
                    "Stop their ticks and supervisors (jobrunner uninstall), and wait three minutes"
                )

    # -- writing what is not there yet

    def _find_tables(self) -> None:
        """The tables, with the columns that both sides know."""
        with (
            self._source.connection.reading() as source,
            self._target.connection.reading() as target,
        ):
            for name in TABLES:
                known = {*self._target.columns(target, name)}
                columns = [each for each in self._source.columns(source, name) if each in known]
                self._tables[name] = Table(name, columns)
            self._whole = sum(table.count(source) for table in self._tables.values())

    def _fill(self, coming: Coming) -> None:
        tables = [*self._tables.values()]
        first = [*self._tables].index(coming.table) if coming.table else 0
        with self._target.connection.reading() as session:
            self._done = sum(table.count(session) for table in tables[: first + 1])
        for table in tables[first:]:
            after = coming.after if table.name == coming.table else ()
            while page := self._read(table, after):
                after = table.key(page[-1])
                self._write(table, page, after, coming)
                self._step("moved", len(page))

    def _write(self, table: Table, page: list[Row], after: Key, coming: Coming) -> None:
        with self._target.connection.writing() as session:
            self._put(session, table, page, None)
            note.write(
                session,
                Coming(instance=coming.instance, name=coming.name, table=table.name, after=after),
            )

    def _read(self, table: Table, after: Key, source: Session | None = None) -> list[Row]:
        with self._reading(source) as session:
            return table.page(session, after, PAGE)

    def _reading(self, session: Session | None) -> AbstractContextManager[Session]:
        return nullcontext(session) if session else self._source.connection.reading()

    def _put(self, session: Session, table: Table, rows: list[Row], source: Session | None) -> None:
        """Write rows, and first those that they belong to, if these came to be meanwhile."""
        if table.name in OWNERS and rows:
            owner, wanted = self._tables[OWNERS[table.name][0]], table.owners(rows)
            bounds = (min(wanted) - 1,), (max(wanted),)
            lacking = wanted - {owner.key(each)[0] for each in owner.between(session, *bounds)}
            if lacking:
                with self._reading(source) as reader:
                    found = owner.between(reader, *bounds)
                new = [each for each in found if owner.key(each)[0] in lacking]
                self._target.put(session, owner, new)
                gone = lacking - {owner.key(each)[0] for each in new}
                rows = [each for each in rows if table.owners([each]).isdisjoint(gone)]
        self._target.put(session, table, rows)

    # -- comparing, and handing over

    def _hand_over(self) -> Sums:
        for _ in range(TRIES):
            token = self._token()
            found, is_same = self._compared(None)
            with self._source.held() as session:
                if is_same and self._source.token(session) == token:
                    self._mark(session)
                    break
        else:
            with self._source.held() as session:
                found, is_same = self._compared(session)
                if not is_same:
                    raise StoreDamagedError(f"{self._target.name}: keeps other than it is given")
                self._mark(session)
        with self._target.connection.writing() as session:
            note.erase(session, note.COMING, note.GONE)
        return found

    def _token(self) -> str:
        with self._source.connection.reading() as session:
            return self._source.token(session)

    def _mark(self, session: Session) -> None:
        """Have the source say where it went; numbers that it gave are not given again."""
        with self._target.connection.writing() as target:
            for name in NUMBERED:
                number = self._source.last_number(session, name)
                self._target.go_on_from(target, name, number)
            instance = self._target.instance(target)
        note.write(session, Gone(instance=instance, name=self._target.name))

    def _compared(self, session: Session | None) -> tuple[Sums, bool]:
        """The rows of each table and their sum; whether the target has the same by now."""
        self._done, found, is_same = 0, Sums(), True
        for table in self._tables.values():
            ours, theirs, rows = blake2b(digest_size=8), blake2b(digest_size=8), 0
            for page, there in self._pages(table, session):
                ours.update(json.encode(page))
                theirs.update(json.encode(there))
                rows += len(page)
                self._step("compared", len(page))
            found.rows[table.name], found.sums[table.name] = rows, ours.hexdigest()
            is_same &= theirs.hexdigest() == ours.hexdigest()
        return found, is_same

    def _pages(
        self, table: Table, session: Session | None
    ) -> Iterator[tuple[list[Row], list[Row]]]:
        """Page by page what the source has, and what the target has of it, mended where needed."""
        after: Key = ()
        is_last = False
        while not is_last:
            page = self._read(table, after, session)
            is_last = len(page) < PAGE
            until = () if is_last else table.key(page[-1])
            yield page, self._mended(table, page, (after, until), session)
            after = until

    def _mended(
        self, table: Table, page: list[Row], bounds: tuple[Key, Key], source: Session | None
    ) -> list[Row]:
        """What the target has between two keys, the same as the source by now."""
        with self._target.connection.reading() as session:
            found = table.between(session, *bounds)
        if found == page:
            return found
        known = {table.key(each): each for each in found}
        keys = {table.key(each) for each in page}
        with self._target.connection.writing() as session:
            table.remove(session, (key for key in known if key not in keys))
            lacking = [each for each in page if known.get(table.key(each)) != each]
            self._put(session, table, lacking, source)
            return table.between(session, *bounds)

    def _step(self, what: str, rows: int) -> None:
        self._done += rows
        self._on_step(what, self._done, max(self._whole, self._done))

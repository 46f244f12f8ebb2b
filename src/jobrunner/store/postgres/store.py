"""The ledger in a PostgreSQL: the contract, and what many hosts need beside it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from jobrunner.clock import Clock
from jobrunner.model.decision import Route
from jobrunner.model.run import Run
from jobrunner.store.fleet import (
    Beat,
    Claimed,
    Host,
    HostFigures,
    Piece,
    Queued,
    Taken,
    Untaken,
    Version,
)
from jobrunner.store.ledger import Ledger
from jobrunner.store.postgres import configs, delivery, hosts, retention
from jobrunner.store.postgres import pieces as parts
from jobrunner.store.postgres.bell import Rung
from jobrunner.store.postgres.connection import PostgresConnection
from jobrunner.store.postgres.retry import persistent
from jobrunner.store.postgres.target import Target
from jobrunner.store.value import Pruned, Retention

SIZE = """
SELECT COALESCE(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""


class PostgresStore(Ledger):
    """The ledger in one database."""

    dispatch = delivery.Parcels()

    def __init__(self, connection: PostgresConnection) -> None:
        super().__init__(connection)
        self.server = connection

    @property
    def is_within(self) -> bool:
        return self.server.is_within

    claim = persistent(Ledger.claim)
    add = persistent(Ledger.add)
    start = persistent(Ledger.start)
    finish = persistent(Ledger.finish)
    withdraw = persistent(Ledger.withdraw)
    adopt = persistent(Ledger.adopt)
    take = persistent(Ledger.take)

    def size(self) -> int:
        with self._connection.reading() as session:
            return int(session.rows(SIZE)[0][0])

    def prune(self, keep: Retention, now: datetime, clock: Clock) -> Iterator[Pruned]:  # noqa: ARG002 - it rests for nobody
        return retention.prune(self._connection, keep, now)

    def prunable(self, keep: Retention, now: datetime) -> int:
        return retention.prunable(self._connection, keep, now)

    # -- who shares it

    @property
    def instance(self) -> str:
        return self.server.instance

    def clock(self) -> datetime:
        with self._connection.reading() as session:
            return hosts.clock(session)

    def beat(self, beat: Beat) -> Host:
        with self._connection.writing() as session:
            self.server.refuse_swapped(session)
            return hosts.beat(session, beat)

    def leave(self, host: str, owner: str) -> None:
        with self._connection.writing() as session:
            hosts.leave(session, host, owner)

    def hosts(self) -> list[Host]:
        with self._connection.reading() as session:
            return hosts.hosts(session)

    def drain(self, host: str, by: str, *, now: datetime | None) -> bool:
        with self._connection.writing() as session:
            return hosts.drain(session, host, by, now=now)

    def forget_host(self, host: str) -> bool:
        with self._connection.writing() as session:
            return hosts.forget_host(session, host)

    def hold_duty(self, duty: str, owner: str, lease: timedelta) -> bool:
        with self._connection.writing() as session:
            return hosts.hold_duty(session, duty, owner, lease)

    def claimed(self, runs: Sequence[int]) -> dict[int, Claimed]:
        with self._connection.reading() as session:
            return delivery.claimed(session, runs)

    def figures_by_host(
        self, since: datetime, jobs: Sequence[str] | None = None
    ) -> list[HostFigures]:
        with self._connection.reading() as session:
            return hosts.figures(session, since, jobs)

    # -- how runs come to them

    @persistent
    def take_runs(
        self, routes: Sequence[str], most: int, *, owner: str, host: str, worker: int
    ) -> list[Taken]:
        with self._connection.writing() as session:
            return delivery.take_runs(session, routes, most, owner=owner, host=host, worker=worker)

    def queued(self, routes: Sequence[str]) -> Queued:
        with self._connection.reading() as session:
            return delivery.queued(session, routes)

    @contextmanager
    def together(self, keys: Sequence[str]) -> Iterator[None]:
        with self.server.locked(keys):
            yield

    def bell(self) -> Rung:
        return Rung(self.server)

    def running_elsewhere(self, jobs: Sequence[str], owner: str) -> list[Run]:
        with self._connection.reading() as session:
            return delivery.running_elsewhere(session, jobs, owner)

    def let_go(self, run: int, *, owner: str, not_before: datetime | None = None) -> bool:
        with self._connection.writing() as session:
            return delivery.let_go(session, run, owner=owner, not_before=not_before)

    def untaken(self, most: int, after: int = 0) -> list[Untaken]:
        with self._connection.reading() as session:
            return delivery.untaken(session, most, after)

    @persistent
    def reroute(self, run: int, route: Route) -> None:
        with self._connection.writing() as session:
            delivery.reroute(session, run, route)

    @persistent
    def heal(self) -> int:
        with self._connection.writing() as session:
            return delivery.heal(session)

    # -- what attempts have written

    def keep_pieces(self, pieces: Sequence[Piece], now: datetime) -> None:
        with self._connection.writing() as session:
            parts.keep(session, pieces, now)

    def drop_pieces(self, run: int, attempt: int, first: int, last: int) -> None:
        with self._connection.writing() as session:
            parts.drop(session, run, attempt, first, last)

    def pieces(self, run: int, attempt: int, since: int = 0, limit: int = 64) -> list[Piece]:
        with self._connection.reading() as session:
            return parts.read(session, run, attempt, since, limit)

    def written(self, run: int, attempt: int) -> int:
        with self._connection.reading() as session:
            return parts.written(session, run, attempt)

    # -- the jobs.toml that they have in common

    def newest_config(self) -> Version | None:
        with self._connection.reading() as session:
            return configs.newest(session)

    def config_versions(self, limit: int = 50) -> list[Version]:
        with self._connection.reading() as session:
            return configs.versions(session, limit)

    def push_config(
        self, text: str, fingerprint: str, *, by: str, host: str, parent: int | None
    ) -> Version | None:
        with self._connection.writing() as session:
            return configs.push(session, text, fingerprint, by=by, host=host, parent=parent)


def open_store(target: Target) -> PostgresStore:
    return PostgresStore(PostgresConnection(target))

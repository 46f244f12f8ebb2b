"""Who shares a ledger: beats, drains, duties, all by the database's clock and of many one wins."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from jobrunner.model.run import Outcome, State
from jobrunner.store import open_store
from jobrunner.store.fleet import Beat, HostFigures
from jobrunner.store.postgres.connection import PostgresConnection
from jobrunner.store.postgres.sql import hosts, worker
from jobrunner.store.postgres.target import target_of
from jobrunner.store.value import Ending, Launch
from tests.build import NOON
from tests.store.life import by_hand, first_look
from tests.store.server import empty, until

MINUTE = timedelta(minutes=1)
LEASE = MINUTE
SCHEMA = "-c search_path=jobrunner"


@pytest.fixture
def url(ledger):
    empty(ledger)
    return ledger


@pytest.fixture
def store(url):
    with closing(open_store(url)) as store:
        yield store


def beat(store, host="web-1", owner="web-1/a/1", **changes):
    return store.beat(Beat(host=host, owner=owner, boot="a", **changes))


def workers(url):
    with psycopg.connect(url, options=SCHEMA) as connection:
        found = connection.execute("SELECT id FROM procrastinate_workers ORDER BY id").fetchall()
    return [number for (number,) in found]


def change(url, statement):
    with psycopg.connect(url, options=SCHEMA) as connection:
        connection.execute(statement)


def server_time(url):
    with psycopg.connect(url, options=SCHEMA) as connection:
        return connection.execute("SELECT clock_timestamp()").fetchone()[0].astimezone(UTC)


def test_the_clock_is_the_databases(store, url):
    before = server_time(url)
    assert before <= store.clock() <= server_time(url)


def test_a_host_is_known_by_what_it_says(store, url):
    before = server_time(url)
    host = beat(
        store,
        labels=("gpu", "ssd"),
        capacity=8,
        running=3,
        waiting=2,
        version="1.2",
        config="abc",
        skew=timedelta(seconds=-90),
        ticked_at=NOON,
    )
    assert store.hosts() == [host]
    told = (host.name, host.owner, host.boot, host.labels, host.capacity, host.running)
    assert told == ("web-1", "web-1/a/1", "a", ("gpu", "ssd"), 8, 3)
    assert (host.waiting, host.version, host.config) == (2, "1.2", "abc")
    assert (host.skew, host.ticked_at) == (timedelta(seconds=-90), NOON)
    assert before <= host.first_seen_at <= host.beat_at <= server_time(url)


def test_hosts_are_told_by_name(store):
    for name in ("web-2", "db-1", "web-1"):
        beat(store, name)
    assert [host.name for host in store.hosts()] == ["db-1", "web-1", "web-2"]


def test_a_later_beat_changes_what_is_told_and_not_when_it_was_first_seen(store):
    first = beat(store, running=1, ticked_at=NOON)
    second = beat(store, running=2)
    assert (second.running, second.worker) == (2, first.worker)
    assert second.first_seen_at == first.first_seen_at
    assert second.beat_at > first.beat_at
    assert second.ticked_at == NOON


def test_a_beat_is_the_heartbeat_of_its_worker_too(store, url):
    host = beat(store)
    change(url, "UPDATE procrastinate_workers SET last_heartbeat = 'epoch'")
    beat(store)
    with psycopg.connect(url, options=SCHEMA) as connection:
        found = connection.execute("SELECT id, last_heartbeat FROM procrastinate_workers")
        ((number, at),) = found.fetchall()
    assert (number, at.year > 1970) == (host.worker, True)


def test_a_worker_that_somebody_pruned_is_replaced(store, url):
    host = beat(store)
    change(url, "DELETE FROM procrastinate_workers")
    assert beat(store).worker != host.worker
    assert workers(url) == [store.hosts()[0].worker]


def test_another_supervisor_takes_the_row_over_and_gets_a_worker_of_its_own(store, url):
    old = beat(store)
    new = beat(store, owner="web-1/a/2")
    assert new.owner == "web-1/a/2"
    assert new.worker != old.worker
    assert workers(url) == [new.worker]
    assert new.first_seen_at == old.first_seen_at


def test_a_host_that_leaves_has_no_worker_and_is_told_when_it_left(store, url):
    beat(store, running=2)
    store.leave("web-1", "web-1/a/1")
    (host,) = store.hosts()
    assert host.beat_at <= host.left_at <= server_time(url)
    assert (host.worker, host.running, workers(url)) == (None, 0, [])


def test_a_host_that_comes_back_has_not_left(store):
    beat(store)
    store.leave("web-1", "web-1/a/1")
    host = beat(store)
    assert host.left_at is None
    assert host.worker is not None


def test_who_was_replaced_does_not_leave_for_the_other(store, url):
    beat(store)
    new = beat(store, owner="web-1/a/2")
    store.leave("web-1", "web-1/a/1")
    assert store.hosts()[0].left_at is None
    assert workers(url) == [new.worker]


def test_a_drained_host_stays_so_until_it_is_let(store):
    beat(store)
    assert store.drain("web-1", "ann", now=NOON)
    host = beat(store, owner="web-1/a/2")
    assert (host.drained_at, host.drained_by) == (NOON, "ann")
    assert store.drain("web-1", "ann", now=None)
    host = beat(store)
    assert (host.drained_at, host.drained_by) == (None, "")


def test_an_unknown_host_is_neither_drained_nor_forgotten(store):
    assert not store.drain("web-9", "ann", now=NOON)
    assert not store.forget_host("web-9")


def test_a_forgotten_host_is_gone_with_its_worker(store, url):
    beat(store)
    assert store.forget_host("web-1")
    assert (store.hosts(), workers(url)) == ([], [])


def test_a_forgotten_host_has_no_slots_of_its_own_any_more(store):
    beat(store)
    for place in ("", "web-1", "web-2"):
        look = first_look("rotate", next_at=NOON, place=place)
        store.claim([look], owner="me", host="web-1", now=NOON)
    store.forget_host("web-1")
    assert {*store.marks()} == {("rotate", ""), ("rotate", "web-2")}


def test_a_duty_is_had_by_one_and_held_on_to(store):
    assert store.hold_duty("letters", "a", LEASE)
    assert not store.hold_duty("letters", "b", LEASE)
    assert store.hold_duty("letters", "a", LEASE)
    assert store.hold_duty("pruning", "b", LEASE)


def test_a_duty_whose_time_is_over_is_anybodys(store):
    assert store.hold_duty("letters", "a", timedelta())
    assert store.hold_duty("letters", "b", LEASE)
    assert not store.hold_duty("letters", "a", LEASE)


def test_who_leaves_lays_its_duties_down(store):
    beat(store)
    store.hold_duty("letters", "web-1/a/1", LEASE)
    store.leave("web-1", "web-1/a/1")
    assert store.hold_duty("letters", "b", LEASE)


def test_of_many_hosts_exactly_one_gets_a_duty(url):
    with ExitStack() as opened:
        stores = [opened.enter_context(closing(open_store(url))) for _ in range(8)]

        def hold(number):
            return stores[number].hold_duty("letters", f"host{number}", LEASE)

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(hold, range(8))) == 1


def test_every_version_of_procrastinate_has_the_functions_of_a_worker(url):
    with psycopg.connect(url, options=SCHEMA) as connection:
        found = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'jobrunner'::regnamespace"
        ).fetchall()
    assert {*worker.FUNCTIONS} <= {name for (name,) in found}


def test_an_instant_is_told_in_utc(store):
    assert beat(store).beat_at.tzinfo is UTC
    assert store.clock() > datetime(2020, 1, 1, tzinfo=UTC)


def test_every_host_hears_that_one_is_drained(store, url):
    with closing(open_store(url)) as other:
        bell = other.bell()
        beat(store)
        store.drain("web-1", "ann", now=NOON)
        assert until(bell.heard) == {"hosts"}
        assert bell.heard() == frozenset()


def ran_on(store, host, state=State.SUCCESS, *, took=MINUTE, at=NOON, job="a"):
    """A run that was begun on a host `took` before it ended there."""
    begun = at - took
    run = store.add(by_hand(job), owner=host, host=host, now=begun)
    run = store.start([Launch(run=run.id)], owner=host, host=host, now=begun)[0]
    outcome = Outcome(state=state, finished_at=at, duration=took)
    store.finish([Ending(run=run.id, attempt=1, outcome=outcome)], owner=host)


def test_figures_are_told_by_host_of_what_ended_there(store):
    ran_on(store, "web-1", took=MINUTE)
    ran_on(store, "web-1", took=3 * MINUTE)
    ran_on(store, "web-1", State.FAILED, took=9 * MINUTE)
    ran_on(store, "web-2", State.LOST)
    run = store.add(by_hand("a"), owner="me", host="web-3", now=NOON)
    store.start([Launch(run=run.id)], owner="me", host="web-3", now=NOON)
    assert store.figures_by_host(NOON - LEASE * 60) == [
        HostFigures(
            host="web-1",
            runs={State.FAILED: 1, State.SUCCESS: 2},
            mean=2 * MINUTE,
            longest=3 * MINUTE,
        ),
        HostFigures(host="web-2", runs={State.LOST: 1}, mean=None, longest=None),
    ]


def test_figures_by_host_are_of_some_time_and_some_jobs(store):
    ran_on(store, "web-1", at=NOON - 60 * MINUTE)
    ran_on(store, "web-2", job="b")
    ran_on(store, "web-3")

    def told(*asked):
        return [one.host for one in store.figures_by_host(*asked)]

    assert told(NOON - 30 * MINUTE) == ["web-2", "web-3"]
    assert told(NOON - 90 * MINUTE, ["a"]) == ["web-1", "web-3"]
    assert told(NOON - 90 * MINUTE, []) == []


def test_figures_by_host_are_found_by_the_time_of_runs(url):
    with closing(PostgresConnection(target_of(url))) as connection, connection.reading() as session:
        values = {"since": 1, "jobs": None}
        plan = "\n".join(step for (step,) in session.rows(f"EXPLAIN {hosts.FIGURES}", values))
    assert "runs_by_time" in plan
    assert "Seq Scan" not in plan

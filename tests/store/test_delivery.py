"""How runs come to hosts: queued with their slot, taken once, put back, ended, mended."""

from contextlib import closing
from datetime import timedelta

import psycopg
import pytest

from jobrunner.errors import StoreError
from jobrunner.model.decision import Look, Route, Start
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.store import migrate_store, open_store
from jobrunner.store.fleet import Beat, Fleet
from jobrunner.store.value import Ending, Launch, NewRun, Request
from tests.build import NOON

ANYWHERE = Route()
GPU = Route("labels=gpu", 5)
MINUTE = timedelta(minutes=1)
STRAY = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
VALUES ('any', 'jobrunner', '{"run": 0}')
"""


@pytest.fixture(scope="module")
def url(servers, services):
    with servers.fresh_database(services.postgres()) as url:
        migrate_store(url)
        yield url


@pytest.fixture
def raw(url):
    with psycopg.connect(url, options="-c search_path=jobrunner", autocommit=True) as connection:
        connection.execute("TRUNCATE runs, marks, procrastinate_jobs, hosts, requests CASCADE")
        yield connection


@pytest.fixture
def store(url, raw):
    with closing(open_store(url)) as store:
        yield store


@pytest.fixture
def worker(store):
    return store.beat(Beat(host="a", owner="a/1", boot="b")).worker


@pytest.fixture
def take(store, worker):
    def take(*routes, most=10):
        return [
            each.run
            for each in store.take_runs(routes or [""], most, owner="a/1", host="a", worker=worker)
        ]

    return take


def claim(store, job="one", route=ANYWHERE, slot=NOON):
    begin = slot - MINUTE
    first = Look(job=job, since=None, until=begin, next_at=slot, schedule="s")
    store.claim([first], owner="a/1", host="a", now=begin)
    look = Look(
        job=job,
        since=begin,
        until=slot,
        next_at=None,
        schedule="s",
        route=route,
        decisions=(Start(slot),),
    )
    return store.claim([look], owner="a/1", host="a", now=slot)


def start(store, run):
    return store.start([Launch(run=run.id)], owner="a/1", host="a", now=NOON)


def end(store, run, retry_at=None, state=State.SUCCESS):
    outcome = Outcome(
        state=state, finished_at=NOON + MINUTE, exit_code=int(state is not State.SUCCESS)
    )
    ending = Ending(run=run.id, attempt=run.attempts, outcome=outcome, retry_at=retry_at)
    return store.finish([ending], owner="a/1")


def parcels(raw):
    return raw.execute(
        "SELECT status::text, queue_name FROM procrastinate_jobs ORDER BY id"
    ).fetchall()


def test_the_store_is_a_ledger_of_many_hosts(store):
    assert isinstance(store, Fleet)


def test_a_claimed_slot_is_nobodys_until_a_host_takes_it(store, take):
    (run,) = claim(store)
    assert (run.owner, run.host, run.state) == ("", "", State.QUEUED)
    (taken,) = take()
    assert (taken.id, taken.owner, taken.host) == (run.id, "a/1", "a")
    assert take() == []


def test_who_took_a_slot_is_kept_by_the_clock_of_the_database(store):
    (run,) = claim(store)
    claimed = store.claimed([run.id])[run.id]
    assert claimed.host == "a"
    assert abs(claimed.at - store.clock()) < MINUTE


def test_a_slot_and_its_parcel_are_kept_together_or_not_at_all(store, raw):
    raw.execute("ALTER TABLE procrastinate_jobs ADD CONSTRAINT no CHECK (queue_name <> 'any')")
    try:
        with pytest.raises(StoreError):
            claim(store)
        assert store.live() == []
        assert store.marks()["one", ""].next_at == NOON
    finally:
        raw.execute("ALTER TABLE procrastinate_jobs DROP CONSTRAINT no")


def test_a_host_takes_from_its_routes_alone_the_most_urgent_first(store, take):
    (plain,) = claim(store, "plain")
    (urgent,) = claim(store, "urgent", GPU)
    assert [run.id for run in take("labels=other")] == []
    assert [run.id for run in take("", GPU.text, most=1)] == [urgent.id]
    assert [run.id for run in take("", GPU.text)] == [plain.id]


def test_what_is_over_leaves_nothing_in_the_queue(store, take, raw):
    claim(store)
    (run,) = take()
    (begun,) = start(store, run)
    assert parcels(raw) == [("doing", "any")]
    assert end(store, begun)
    assert parcels(raw) == []
    assert raw.execute("SELECT count(*) FROM deliveries").fetchone() == (0,)


def test_another_attempt_is_for_any_host_when_its_time_has_come(store, take, raw):
    claim(store)
    (begun,) = start(store, take()[0])
    soon = store.clock() + timedelta(hours=1)
    assert end(store, begun, retry_at=soon, state=State.FAILED)
    assert store.run(begun.id).owner == ""
    assert take() == []
    assert store.queued([""]).count == 0
    assert abs(store.queued([""]).next_at - soon) < timedelta(seconds=1)
    raw.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    assert [run.id for run in take()] == [begun.id]


def test_what_is_withdrawn_while_it_waits_is_given_to_nobody(store, take, raw):
    (run,) = claim(store)
    assert store.withdraw(run.id, State.STOPPED, "by hand", owner="b/1", now=NOON)
    assert take() == []
    assert parcels(raw) == []


def test_what_a_host_puts_back_is_for_any(store, take):
    claim(store)
    (run,) = take()
    assert not store.let_go(run.id, owner="b/1")
    assert store.let_go(run.id, owner="a/1")
    assert store.run(run.id).host == ""
    assert [again.id for again in take()] == [run.id]


def test_a_late_end_of_an_attempt_that_is_somebody_elses_is_refused(store, take):
    claim(store)
    (begun,) = start(store, take()[0])
    store.adopt("a/1", "b/1")
    assert end(store, begun) == {}
    assert store.run(begun.id).state is State.RUNNING


def test_a_run_by_hand_says_what_is_to_hold_instead_of_the_jobs_overlap(store, worker):
    new = NewRun(job="one", trigger=Trigger.MANUAL, asked_by="me", route=ANYWHERE, overlap="allow")
    run = store.add(new, owner="b/1", host="b", now=NOON)
    assert (run.owner, run.host) == ("", "")
    (taken,) = store.take_runs([""], 1, owner="a/1", host="a", worker=worker)
    assert (taken.run.id, taken.overlap) == (run.id, "allow")


def test_what_an_operator_does_to_the_queue_is_mended(store, take, raw):
    (run,) = claim(store)
    raw.execute("DELETE FROM procrastinate_jobs")
    raw.execute(STRAY)
    assert store.heal() == 2
    assert [again.id for again in take()] == [run.id]
    assert store.heal() == 0


def test_what_nobody_takes_can_be_sent_another_way(store, take):
    (run,) = claim(store, route=GPU)
    (waiting,) = store.untaken(10)
    assert (waiting.run, waiting.job, waiting.route) == (run.id, "one", GPU)
    store.reroute(run.id, ANYWHERE)
    assert [again.id for again in take("")] == [run.id]
    store.reroute(run.id, GPU)
    assert store.untaken(10) == []
    assert take(GPU.text) == []


def test_what_nobody_takes_can_be_looked_through_in_parts(store):
    runs = [claim(store, job=name)[0].id for name in ("one", "two", "three")]
    first, last = store.untaken(2), store.untaken(2, after=runs[1])
    assert [each.run for each in first] == runs[:2]
    assert [each.run for each in last] == runs[2:]


def test_who_listens_hears_of_what_is_queued_and_asked_for(store, url):
    with closing(open_store(url)) as other:
        bell = other.bell()
        claim(store)
        store.ask(Request(kind="run", job="one", asked_by="me", asked_at=NOON))
        heard = set()
        while heard != {"queued", "asked"}:
            heard |= bell.heard()

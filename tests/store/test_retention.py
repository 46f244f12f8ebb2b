"""How a shared ledger lets go: many runs at once, and whole months of output."""

import threading
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from jobrunner.model.run import State
from jobrunner.store import open_store
from jobrunner.store.fleet import Piece
from jobrunner.store.postgres.partition import Month, months
from jobrunner.store.postgres.retention import JOBS, MOST
from jobrunner.store.value import Keep, Retention, RunFilter
from tests.build import NOON, FakeClock
from tests.store.life import ended
from tests.store.server import empty

DAY = timedelta(days=1)
KEEP = Retention(usual=Keep(1000, 90 * DAY))
TABLES = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'jobrunner.pieces'::regclass AND relname <> 'pieces_other' ORDER BY 1
"""
FILL = """
INSERT INTO jobrunner.runs (
    job, scheduled_for, trigger, state, created_at, attempts, started_at, finished_at, output
)
SELECT 'job' || n %% %(jobs)s, n, 'schedule', 'success', n, 1, n, n, n || '.log'
FROM generate_series(1, %(runs)s) AS n
"""


@pytest.fixture
def database(ledger):
    with psycopg.connect(ledger, autocommit=True) as database:
        yield database


@pytest.fixture
def store(ledger, database):
    empty(ledger)
    for (table,) in database.execute(TABLES).fetchall():
        database.execute(f"DROP TABLE jobrunner.{table}")
    with closing(open_store(ledger)) as store:
        yield store


def tables(database):
    return [name for (name,) in database.execute(TABLES).fetchall()]


def prune(store, keep=KEEP, now=NOON):
    return list(store.prune(keep, now, FakeClock()))


def write(store, at, run=1, body=b"x"):
    store.keep_pieces([Piece(run, 1, 0, body)], at)


def body(store, run=1):
    return b"".join(piece.body for piece in store.pieces(run, 1))


def test_more_runs_than_a_step_has_go_in_several(store, database):
    database.execute(FILL, {"jobs": 3 * JOBS, "runs": 50 * 3 * JOBS})
    steps = prune(store, Retention(usual=Keep(5, 90 * DAY)), datetime.fromtimestamp(1, UTC))
    assert max(step.removed for step in steps) <= MOST
    assert sum(step.removed for step in steps) == 45 * 3 * JOBS
    assert Counter(run.job for run in store.runs(RunFilter(limit=10_000))).most_common(1)[0][1] == 5
    assert len({name for step in steps for name in step.outputs}) == 45 * 3 * JOBS
    ahead = [step.seen for step in steps if step.of]
    assert (ahead, ahead[-1]) == (sorted(ahead), 50 * 3 * JOBS)


def test_as_many_are_told_beforehand(store, database):
    database.execute(FILL, {"jobs": 7, "runs": 300})
    keep, now = Retention(usual=Keep(5, 90 * DAY)), datetime.fromtimestamp(1, UTC)
    count = store.prunable(keep, now)
    assert count == sum(step.removed for step in prune(store, keep, now)) == 300 - 7 * 5


def test_nobody_is_waited_for_who_is_in_the_middle_of_a_change(store, ledger):
    for _ in range(3):
        ended(store, State.SUCCESS)
    with psycopg.connect(ledger) as other:
        other.execute(FILL, {"jobs": 1, "runs": 1})
        steps = prune(store, Retention(usual=Keep(1, DAY)))
    assert sum(step.removed for step in steps if step.of) == 2


def test_the_server_sweeps_before_a_fifth_of_all_runs_is_dead(database):
    found = database.execute(
        "SELECT reloptions FROM pg_class WHERE oid = 'jobrunner.runs'::regclass"
    )
    assert "autovacuum_vacuum_scale_factor=0.02" in found.fetchone()[0]


def test_this_month_and_the_next_two_are_made(store, database):
    prune(store, now=datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    assert tables(database) == ["pieces_2026_11", "pieces_2026_12", "pieces_2027_01"]


def test_what_is_written_goes_to_its_month(store, database):
    prune(store)
    write(store, NOON)
    assert database.execute("SELECT count(*) FROM jobrunner.pieces_2026_11").fetchone() == (1,)
    assert body(store) == b"x"


def test_what_was_written_before_its_month_was_made_is_moved_there(store, database):
    write(store, NOON)
    write(store, NOON - 60 * DAY, run=2, body=b"old")
    prune(store, Retention(usual=KEEP.usual, output=90 * DAY))
    assert database.execute("SELECT count(*) FROM jobrunner.pieces_2026_11").fetchone() == (1,)
    assert (body(store), body(store, 2)) == (b"x", b"old")


def test_a_month_goes_when_all_of_it_is_older_than_is_kept(store, database):
    first = datetime(2026, 9, 1, tzinfo=UTC)
    prune(store, now=first)
    write(store, first + 10 * DAY)
    keep = Retention(usual=KEEP.usual, output=30 * DAY)
    prune(store, keep, datetime(2026, 10, 30, 23, tzinfo=UTC))
    assert body(store) == b"x"
    prune(store, keep, datetime(2026, 10, 31, tzinfo=UTC))
    assert (body(store), "pieces_2026_09" in tables(database)) == (b"", False)


def test_old_output_that_is_in_no_month_goes_too(store, database):
    write(store, NOON - 31 * DAY)
    prune(store, Retention(usual=KEEP.usual, output=30 * DAY))
    assert body(store) == b""


def test_a_month_that_somebody_reads_for_long_stays_until_the_next_time(store, database, ledger):
    prune(store, now=datetime(2026, 8, 1, tzinfo=UTC))
    with psycopg.connect(ledger) as reader:
        reader.execute("SELECT * FROM jobrunner.pieces")
        prune(store)
        assert "pieces_2026_08" in tables(database)
    prune(store)
    assert "pieces_2026_08" not in tables(database)


def test_hosts_that_make_the_same_month_at_once_do_no_harm(store, database, ledger):
    def make():
        with closing(open_store(ledger)) as other:
            prune(other)

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tables(database) == ["pieces_2026_11", "pieces_2026_12", "pieces_2027_01"]


@pytest.mark.parametrize("month", [12, 1, 2])
def test_months_follow_one_another_without_a_gap(month):
    found = months(datetime(2027, month, 28, 12, tzinfo=UTC), 14)
    assert all(one.end == other.first for one, other in pairwise(found))
    assert found[0] == Month(datetime(2027, month, 1, tzinfo=UTC))

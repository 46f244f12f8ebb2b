"""The contract, kept by a ledger in PostgreSQL; what a server has that a file has not."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from urllib.parse import urlsplit

import psycopg
import pytest

from jobrunner.errors import (
    StoreAbsentError,
    StoreBusyError,
    StoreError,
    StoreForbiddenError,
    StoreSchemaError,
)
from jobrunner.store import migrate_store, open_store
from jobrunner.store.fleet import Beat
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.store.contract import StoreContract
from tests.store.life import queue
from tests.store.server import ask, empty, ledger_on, until

WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"

BACKLOG = """
WITH added AS (
    INSERT INTO runs (job, scheduled_for, trigger, state, created_at)
    SELECT 'job', number, 'schedule', 'queued', number FROM generate_series(1, 10000) AS number
    RETURNING id
), deferred AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, status)
    SELECT 'any', 'jobrunner', 0, 'run ' || id, jsonb_build_object('run', id), 'todo' FROM added
    RETURNING id, (args ->> 'run')::bigint AS run
)
INSERT INTO deliveries (run, parcel) SELECT run, id FROM deferred
"""
READ = """
SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
WHERE schemaname = 'jobrunner'
"""


@pytest.fixture(scope="module")
def ledger(servers, services):
    """The URL of a ledger that the tests of this module have one after the other."""
    with ledger_on(servers, services.postgres()) as url:
        yield url


@pytest.fixture
def url(ledger):
    empty(ledger)
    return ledger


@pytest.fixture
def store(url):
    with closing(open_store(url)) as store:
        yield store


@pytest.fixture
def other(url):
    with closing(open_store(url)) as other:
        yield other


class TestPostgresql(StoreContract):
    @pytest.fixture
    def open_store(self, url):
        with ExitStack() as opened:
            yield lambda: opened.enter_context(closing(open_store(url)))

    @pytest.fixture
    def store(self, open_store):
        return open_store()

    @pytest.fixture
    def new_store(self, url):
        @contextmanager
        def new():
            empty(url)
            with closing(open_store(url)) as store:
                yield store

        return new


def test_it_is_made_once_by_many_at_once(servers, services):
    with servers.fresh_database(services.postgres()) as url:
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: migrate_store(url), range(4)))
        assert sorted(map(bool, done)) == [False, False, False, True]
        assert migrate_store(url) == []


def test_a_database_without_a_ledger_says_how_to_make_one(postgres_url):
    with pytest.raises(StoreAbsentError, match="no ledger yet; `jobrunner db migrate` makes one"):
        open_store(postgres_url)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("INSERT INTO steps (name) VALUES ('0099_later')", "made by a newer .* 0099_later"),
        ("INSERT INTO steps (name) VALUES ('procrastinate/09_post_x')", "made by a newer"),
        ("DELETE FROM steps WHERE name = 'postgres/0001_hosts'", "older .* `jobrunner db migrate`"),
    ],
)
def test_a_ledger_of_another_version_is_refused_in_a_clear_sentence(postgres_url, change, said):
    migrate_store(postgres_url)
    ask(postgres_url, change)
    with pytest.raises(StoreSchemaError, match=said):
        open_store(postgres_url)


def test_a_step_of_a_newer_queue_that_leaves_older_ones_in_order_is_none_of_ours(postgres_url):
    migrate_store(postgres_url)
    ask(postgres_url, "INSERT INTO steps (name) VALUES ('procrastinate/03.09_01_pre_x')")
    open_store(postgres_url).close()


def test_a_newer_procrastinate_takes_its_own_steps(postgres_url):
    migrate_store(postgres_url)
    last = "procrastinate/03.04.00_50_post_add_retry_failed_job_procedure"
    ask(postgres_url, f"DELETE FROM steps WHERE name = '{last}'")
    assert migrate_store(postgres_url) == [last]


def test_names_are_in_the_order_of_their_bytes(store):
    for job in ("b", "B", "a", "ä", "_"):
        queue(store, job)
    with store.server.reading() as session:
        found = session.rows("SELECT job FROM runs ORDER BY job")
    assert found == [("B",), ("_",), ("a",), ("b",), ("ä",)]


def test_the_history_is_readable_for_people(store):
    queue(store, "backup", NOON)
    with store.server.reading() as session:
        assert session.rows("SELECT job, created_at::text FROM history") == [
            ("backup", NOON.strftime("%Y-%m-%d %H:%M:%S"))
        ]


def test_what_was_committed_is_safe_although_the_server_is_set_otherwise(servers, services):
    with servers.fresh_database(services.postgres()) as url:
        migrate_store(url)
        name = urlsplit(url).path[1:]
        ask(url, f"ALTER DATABASE {name} SET synchronous_commit = off")
        with closing(open_store(url)) as store, store.server.reading() as session:
            assert session.rows("SHOW synchronous_commit") == [("on",)]


def test_a_url_never_tells_its_password(postgres_url):
    url = postgres_url.replace("postgres@", "nobody-there:sesame@")
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "sesame" not in str(caught.value)


def test_a_writing_within_a_writing_is_a_part_of_it(store, other):
    with store.server.locked(["a", "b"]) as session:
        queue(store, "backup")
        assert session.rows("SELECT job FROM runs") == [("backup",)]
        assert other.live() == []
    assert [run.job for run in store.live()] == ["backup"]


def test_a_part_that_fails_takes_all_of_it_along(store):
    with pytest.raises(StoreBusyError, match="a part of the change failed"):
        fail_in_part(store)
    assert store.live() == []


def fail_in_part(store):
    with store.server.writing():
        queue(store, "backup")
        with suppress(KeyError), store.server.writing():
            raise KeyError


def test_who_has_a_thing_to_himself_keeps_others_waiting_until_it_is_done(store, other):
    with ThreadPoolExecutor(1) as pool:
        with store.server.locked(["job backup"]):
            waiting = pool.submit(late, other)
            await_waiter(store)
            queue(store, "first")
        assert waiting.result() == ["first"]


def late(store):
    """What is there when it is our turn."""
    with store.server.locked(["job backup", "job other"]) as session:
        return [job for (job,) in session.rows("SELECT job FROM runs")]


def await_waiter(store):
    """Until somebody waits for a lock of ours."""
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
    with store.server.writing() as session:
        until(lambda: session.rows(waiting))


def test_of_two_that_wait_for_one_another_ours_is_made_again(store, url):
    runs = [queue(store, job) for job in ("a", "b")]
    change = "UPDATE runs SET message = 'theirs' WHERE id = {}"
    with psycopg.connect(url) as rival, ThreadPoolExecutor(1) as pool:
        rival.execute("SET search_path = jobrunner")
        rival.execute("SET deadlock_timeout = '60s'")  # who looks first gives way
        rival.execute(change.format(runs[1].id))
        launches = [Launch(run=run.id) for run in runs]
        started = pool.submit(store.start, launches, owner="me", host="", now=NOON)
        until(lambda: ask(url, WAITING))
        rival.execute(change.format(runs[0].id))
        rival.commit()
        assert [run.job for run in started.result()] == ["a", "b"]


def test_a_backlog_that_nobody_has_counted_does_not_slow_down_who_takes_from_it(store, url):
    """What a vacuum would know of the tables is not known yet."""
    ask(url, BACKLOG)
    host = store.beat(Beat(host="web-1", owner="me", boot="b"))
    with store.server.writing() as session:
        took = store.take_runs([""], 50, owner="me", host="web-1", worker=host.worker)
        read = dict(session.rows(READ))
    assert len(took) == 50
    assert read["procrastinate_jobs"] < 1000
    assert read["runs"] < 1000


@pytest.mark.parametrize(
    "owned",
    ["ALTER DATABASE {base} OWNER TO {role}", "CREATE SCHEMA jobrunner AUTHORIZATION {role}"],
)
def test_an_ordinary_role_that_owns_the_database_or_the_schema_is_all_it_takes(
    servers, services, owned
):
    server = services.postgres()
    with servers.fresh_database(server) as url:
        base = urlsplit(url).path[1:]
        role = base.replace("jobrunner_test", "role")
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {role}")
            admin.execute(owned.format(base=base, role=role))
            try:
                plain = f"{url}{'&' if '?' in url else '?'}options=-c%20role%3D{role}"
                migrate_store(plain)
                with closing(open_store(plain)) as store:
                    queue(store, "backup")
            finally:
                admin.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER")
                admin.execute(f"DROP ROLE {role}")


def test_a_role_without_rights_is_told_so(servers, services):
    with servers.fresh_database(services.postgres()) as url:
        plain = f"{url}{'&' if '?' in url else '?'}options=-c%20role%3Dpg_monitor"
        with pytest.raises(StoreForbiddenError, match="this role may not use it") as told:
            migrate_store(plain)
        assert "CREATE SCHEMA jobrunner AUTHORIZATION" in str(told.value)

"""The way to the server: it breaks, it is silent, it is another's, and it is found again."""

import os
import socket
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from traceback import format_exception
from urllib.parse import urlsplit

import pytest

from benchmarks.parts.database import MissingError, free_port, serving
from jobrunner.errors import (
    StoreAwayError,
    StoreDamagedError,
    StoreError,
    StoreForbiddenError,
    StoreSchemaError,
)
from jobrunner.store import migrate_store, open_store
from jobrunner.store.fleet import Beat
from tests.cluster.proxy import Proxy
from tests.store.life import queue
from tests.store.server import CLOCK, ask, until

OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'jobrunner' AND pid <> pg_backend_pid()
"""
BOUNCER = """
[databases]
ledger = host={host} port={port} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
ignore_startup_parameters = {ignored}
logfile = {folder}/log
"""


@pytest.fixture(scope="module")
def server(servers):
    """A server that the tests of this module stop and start."""
    try:
        with serving(settings=["fsync=off"]) as server:
            migrate_store(server.url)
            yield server
    except MissingError as error:
        raise servers.missing("postgres", str(error), "pip install 'jobrunner[test]'") from error


@pytest.fixture
def store(server):
    server.start()
    ask(server.url, "DELETE FROM runs")
    with closing(open_store(server.url)) as store:
        yield store


@pytest.fixture
def proxy(server):
    server.start()
    proxy = Proxy(server.address, server.port)
    yield proxy
    proxy.open()
    proxy.close()


def through(proxy):
    return f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres"


def jobs(store):
    return [run.job for run in store.live()]


def refused(store):
    """The error that the next use meets, and how long that took."""
    began = CLOCK.elapsed()
    with pytest.raises(StoreAwayError) as caught:
        store.wake_at()
    return caught.value, CLOCK.elapsed() - began


def test_nobody_notices_that_an_idle_connection_was_ended(server, store):
    queue(store, "before")
    ask(server.url, OTHERS)
    queue(store, "after")
    assert jobs(store) == ["before", "after"]


def test_of_a_change_that_is_cut_off_in_the_middle_nothing_is_kept(server, store):
    with pytest.raises(StoreAwayError, match="is being stopped"):
        queue_in_halves(store, lambda: ask(server.url, OTHERS))
    assert jobs(store) == []


def queue_in_halves(store, between):
    with store.server.writing():
        queue(store, "half")
        between()
        queue(store, "other half")


def test_a_server_that_is_stopped_says_so_and_is_found_again_by_the_same_store(server, store):
    queue(store, "before")
    server.stop()
    errors = [refused(store) for _ in range(3)]
    assert [error.is_silent for error, _ in errors] == [False] * 3
    assert sum(took for _, took in errors) < 1
    server.start()
    until(lambda: not _is_away(store))
    assert jobs(store) == ["before"]


def _is_away(store):
    try:
        store.wake_at()
    except StoreAwayError:
        return True
    return False


def test_a_server_that_crashed_has_kept_what_was_acknowledged(server, store):
    queue(store, "before")
    server.stop(at_once=True)
    server.start()
    until(lambda: not _is_away(store))
    assert jobs(store) == ["before"]


def test_a_server_that_gives_no_answer_is_silent(proxy):
    proxy.hush()
    with pytest.raises(StoreAwayError) as caught:
        open_store(through(proxy), timeout=1)
    assert caught.value.is_silent


def test_of_several_servers_each_has_to_answer_or_they_are_silent(server, proxy):
    proxy.hush()
    both = f"postgresql://postgres@127.0.0.1:{free_port()},127.0.0.1:{proxy.port}/postgres"
    with pytest.raises(StoreAwayError) as caught:
        open_store(both, timeout=1)
    assert caught.value.is_silent


def test_of_several_servers_the_one_that_takes_writes_is_taken(server):
    server.start()
    both = f"127.0.0.1:{free_port()},{server.address}:{server.port}"
    open_store(f"postgresql://postgres@{both}/postgres").close()


def test_a_standby_is_an_answer_and_not_taken(servers, server):
    server.start()
    with servers.fresh_database(server.url) as url:
        name = urlsplit(url).path[1:]
        ask(server.url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with pytest.raises(StoreAwayError, match="takes no writes: is it a standby") as caught:
            open_store(url)
    assert not caught.value.is_silent


def test_a_port_on_which_nobody_listens_is_an_answer():
    with pytest.raises(StoreAwayError) as caught:
        open_store(f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")
    assert not caught.value.is_silent


def test_a_server_that_is_full_may_answer_others(servers, server):
    server.start()
    with servers.fresh_database(server.url) as url:
        name = urlsplit(url).path[1:]
        ask(server.url, "DROP ROLE IF EXISTS crowded; CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        try:
            with pytest.raises(StoreAwayError, match="too many connections") as caught:
                open_store(f"postgresql://crowded@{server.address}:{server.port}/{name}")
        finally:
            ask(server.url, "DROP ROLE crowded")
    assert caught.value.is_silent


@pytest.mark.parametrize(
    "place",
    [
        "ann:hun/ter2@db/jobs",
        "ann:a@hunter2@db/jobs",
        "ann:hunter2%@db/jobs",
        "ann:hunter2 b@db/jobs",
        "ann@db/jobs?password=hunter2=b",
        "ann@db/jobs?password=hunter2%zz",
    ],
)
def test_a_url_whose_password_is_not_quoted_is_refused_without_a_part_of_it(place):
    with pytest.raises(StoreError, match="not a URL of a PostgreSQL") as caught:
        open_store(f"postgresql://{place}")
    told = "".join(format_exception(caught.value))
    assert "ter2" not in told.replace(place, "")


def test_nobody_waits_for_ever_for_a_server_that_fell_silent_in_the_middle(proxy):
    with closing(open_store(through(proxy), timeout=0.2)) as store:
        proxy.hush()
        error, took = refused(store)
        assert error.is_silent
        assert took < 5
        proxy.open()
        until(lambda: not _is_away(store))


def test_while_a_silent_server_is_dialled_everybody_goes_on_after_a_moment(proxy):
    with closing(open_store(through(proxy), timeout=5)) as store:
        store.server.close()
        proxy.hush()
        first, again = refused(store), [refused(store)[1] for _ in range(5)]
        assert first[0].is_silent
        assert first[1] < 3
        assert sum(again) < 0.5
        proxy.open()
        until(lambda: not _is_away(store))


def test_another_ledger_in_its_place_is_an_alarm(server, store):
    ask(server.url, "UPDATE about SET value = 'other' WHERE name = 'instance'")
    ask(server.url, OTHERS)
    with pytest.raises(StoreDamagedError, match="is another ledger than before"):
        store.wake_at()


def test_a_host_finds_another_ledger_under_its_open_connection(servers, server):
    with servers.fresh_database(server.url) as url:
        migrate_store(url)
        with closing(open_store(url)) as store:
            told = Beat(host="web-1", owner="web-1/a/1", boot="a")
            store.beat(told)
            ask(url, "ALTER SCHEMA jobrunner RENAME TO older")
            with pytest.raises(StoreDamagedError):
                store.beat(told)
            migrate_store(url)
            for act in (store.hosts, store.wake_at, lambda: store.beat(told)):
                with pytest.raises(StoreDamagedError, match="is another ledger than before"):
                    act()
            ask(url, "DROP SCHEMA jobrunner CASCADE; ALTER SCHEMA older RENAME TO jobrunner")
            until(lambda: not is_swapped(store))
            ask(url, "UPDATE about SET value = 'other' WHERE name = 'instance'")
            with pytest.raises(StoreDamagedError, match="is another ledger than before"):
                store.beat(told)


def is_swapped(store):
    try:
        store.hosts()
    except StoreDamagedError:
        return True
    return False


def test_a_ledger_that_is_gone_is_an_alarm_and_no_fresh_start(servers, server):
    with servers.fresh_database(server.url) as url:
        migrate_store(url)
        with closing(open_store(url)) as store:
            ask(url, "DROP SCHEMA jobrunner CASCADE")
            with pytest.raises(StoreDamagedError, match="a part of it is gone"):
                store.wake_at()
            ask(url, OTHERS)
            with pytest.raises(StoreDamagedError, match="is gone"):
                store.wake_at()


def test_who_is_newer_is_noticed_when_the_line_is_made_anew(servers, server):
    with servers.fresh_database(server.url) as url:
        migrate_store(url)
        with closing(open_store(url)) as store:
            ask(url, "INSERT INTO steps (name) VALUES ('0099_later')")
            ask(url, OTHERS)
            with pytest.raises(StoreSchemaError, match="newer"):
                store.wake_at()


def test_what_is_said_meanwhile_is_heard_over_a_break_of_the_line(server, store):
    store.server.listen(["bell"])
    ask(server.url, "NOTIFY bell, 'one'")
    assert until(store.server.heard) == [("bell", "one")]
    ask(server.url, OTHERS)
    store.wake_at()
    assert store.server.heard() == [("bell", "")]
    ask(server.url, "NOTIFY bell, 'two'")
    assert until(store.server.heard) == [("bell", "two")]
    assert store.server.heard() == []
    assert store.server.fileno() > 0


def test_a_change_of_ones_own_does_not_lose_what_is_said_by_others(server, store):
    store.server.listen(["bell"])
    ask(server.url, "NOTIFY bell, 'one'")
    queue(store, "a")
    assert until(store.server.heard) == [("bell", "one")]


def test_a_fork_is_refused(store):
    child = os.fork()
    if not child:
        try:
            store.wake_at()
        except StoreError as error:
            os._exit(0 if "was opened by process" in str(error) else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert jobs(store) == []


def test_a_database_that_is_not_there_says_what_makes_it(server):
    with pytest.raises(StoreForbiddenError, match="does not exist; `createdb` makes one"):
        open_store(server.url.removesuffix("postgres") + "nowhere")


@pytest.mark.parametrize("ignored", ["extra_float_digits", "options"])
def test_a_pooler_is_refused_in_a_clear_sentence(server, program, tmp_path, ignored):
    server.start()
    own = free_port()
    text = BOUNCER.format(
        host=server.address, port=server.port, own=own, ignored=ignored, folder=tmp_path
    )
    (tmp_path / "bouncer.ini").write_text(text)
    with bouncing(program("pgbouncer", "pgbouncer"), tmp_path):
        url = f"postgresql://postgres@127.0.0.1:{own}/ledger"
        until(lambda: _answers(own))
        with pytest.raises(StoreForbiddenError, match="a pooler, such as PgBouncer"):
            open_store(url)


@contextmanager
def bouncing(bouncer, folder):
    """PgBouncer while the block lasts; it does not run as root."""
    folder.chmod(0o777)
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    for each in (folder, *folder.parents[:3]):
        if user and each.owner() == "root" and each != Path("/tmp"):
            each.chmod(0o755 if each != folder else 0o777)
    with subprocess.Popen(
        [bouncer, folder / "bouncer.ini"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **user,
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _answers(port):
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

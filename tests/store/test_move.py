"""A ledger that is taken to another database, and back: all of it, whatever happens on the way."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest

from jobrunner.errors import BusyError, StoreError, StoreForbiddenError
from jobrunner.model.access import Deed, Role
from jobrunner.model.breaker import Breaker
from jobrunner.model.letter import Letter, Told
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.store import migrate_store, move_store, open_file, open_server, open_store
from jobrunner.store.fleet import Beat
from jobrunner.store.move import way
from jobrunner.store.move.table import TABLES
from tests.build import NOON
from tests.store.life import HOUR, ask, by_hand, ended, history, queue, running
from tests.store.server import ask as on_server
from tests.store.server import empty, ledger_on

SLOTS = 30


@pytest.fixture(scope="module")
def ledger(servers, services):
    """The URL of a ledger that the tests of this module have one after the other."""
    with ledger_on(servers, services.postgres()) as url:
        yield url


@pytest.fixture
def url(ledger):
    empty(ledger)
    on_server(ledger, "DELETE FROM about WHERE name <> 'instance'")
    return ledger


@pytest.fixture
def nowhere(servers, services):
    """The URL of a database without a ledger."""
    with servers.fresh_database(services.postgres()) as url:
        yield url


@pytest.fixture
def full(location):
    """A file with rows in every table."""
    with closing(open_store(location)) as store:
        history(store, SLOTS)
        ended(store, State.FAILED, job="report")
        running(store, job="long")
        queue(store, job="zoë \N{SNOWMAN}")
        ask(store)
        store.remember({"v1": '{"name": "backup"}'}, NOON)
        store.pause("report", Pause(by="ann", reason="moving house", since=NOON))
        store.move_breaker(Breaker(name="db"), Breaker(name="db", failures=2))
        store.note_tick("web-1", NOON, HOUR)
        letter = Letter(channel="ops", event="failure", job="report", text="{}", created_at=NOON)
        store.tell("report", lambda _: Told(letters=(letter,)))
        token = store.add_token(
            "grafana",
            hash="a" * 64,
            prefix="jr_a",
            role=Role.VIEWER,
            jobs=(),
            by="ann",
            now=NOON,
            expires_at=None,
        )
        store.begin_session(
            "b" * 64, token.id, now=NOON, expires_at=NOON + HOUR, address="127.0.0.1"
        )
        store.keep_badge_secret("badges")
        store.take_key("c" * 64, "d" * 64, since=NOON - HOUR, now=NOON)
        store.note(Deed(happened_at=NOON, who="ann", action="pause", subject="report"))
    with closing(sqlite3.connect(location)) as database, database:
        database.execute("INSERT INTO alarms (subject, channel) VALUES ('report', 'ops')")
        empty = [name for name in TABLES if not _count(database, name)]
    assert empty == []
    return location


def _count(database, table):
    return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def unseen(*_):
    pass


def rows_of(place, table):
    """Every row of a table as it is, by its columns, but for what a database says of itself."""
    only = " WHERE name = 'badges'" if table == "about" else ""
    statement = f"SELECT * FROM {table}{only} ORDER BY {', '.join(TABLES[table])}"
    if isinstance(place, str):
        with psycopg.connect(place) as connection:
            connection.execute("SET search_path = jobrunner")
            cursor = connection.execute(statement)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    with closing(sqlite3.connect(place)) as database:
        cursor = database.execute(statement)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def content(place):
    return {table: rows_of(place, table) for table in TABLES}


def move(source, target, on_step=unseen):
    return move_store(str(source), str(target), on_step)


# --- what arrives ---


def test_every_table_is_moved_by_its_key(location):
    with closing(sqlite3.connect(location)) as database:
        found = database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlite%'"
        ).fetchall()
        keys = {}
        for (name,) in found:
            columns = database.execute(f"PRAGMA table_info({name})").fetchall()
            keys[name] = tuple(c[1] for c in sorted(columns, key=lambda c: c[5]) if c[5])
    assert dict(TABLES) == keys


def test_all_of_it_arrives_and_is_used_there(full, nowhere):
    url = nowhere
    before = content(full)
    done = move(full, url)
    assert content(url) == before
    assert (done.rows["runs"], done.resumed) == (len(before["runs"]), False)
    assert {*done.sums} == {*TABLES}
    with closing(open_store(url)) as store:
        assert store.health()["report"].pause.reason == "moving house"
        assert store.session("b" * 64, NOON + HOUR / 2) is not None


def test_numbers_that_were_given_are_not_given_again(full, url):
    with closing(open_store(full)) as store:
        last = queue(store).id
        store.ask_all([])
    with closing(sqlite3.connect(full)) as database, database:
        database.execute("DELETE FROM runs WHERE id = ?", (last,))
    move(full, url)
    with closing(open_store(url)) as store:
        there = store.add(by_hand(), owner="me", host="web-1", now=NOON)
    assert there.id == last + 1
    move(url, full)
    with closing(open_store(full)) as store:
        assert queue(store).id == last + 2


def test_it_comes_back_with_what_happened_there(full, url):
    move(full, url)
    with closing(open_store(url)) as store:
        ended(store, State.SUCCESS, job="there")
        store.pause("report", None)
    there = content(url)
    move(url, full)
    assert content(full) == there
    with closing(open_store(full)) as store:
        assert len(store.latest(["there"])["there"]) == 1


def test_from_a_server_a_new_file_is_made(full, url, tmp_path):
    move(full, url)
    fresh = tmp_path / "fresh" / "ledger.db"
    move(url, f"sqlite://{fresh}")
    assert content(fresh) == content(url)


@pytest.mark.parametrize("slots", [0, 1, 249, 250, 251])
def test_no_row_is_lost_between_two_pages(location, url, slots, monkeypatch):
    monkeypatch.setattr(way, "PAGE", 50)
    if slots:
        with closing(open_store(location)) as store:
            history(store, slots)
    before = content(location)
    assert move(location, url).rows["runs"] == slots
    assert content(url) == before


# --- who may use what ---


def test_what_was_moved_is_used_no_more_and_says_where_it_is(full, url):
    move(full, url)
    with pytest.raises(StoreError, match="was moved to postgresql://") as refused:
        open_store(full)
    assert "jobrunner db move" in str(refused.value)
    with closing(open_file(full)) as file:  # it may still be looked at
        assert file.check() == []


def test_what_has_not_arrived_is_not_used(full, url):
    broken_off(full, url, after=3)
    with pytest.raises(StoreError, match="not all of it is here"):
        open_store(url)
    with closing(open_store(full)) as store:  # it is still where it was
        assert store.run(1) is not None


def test_a_ledger_with_runs_is_not_written_over(full, url, tmp_path):
    migrate_store(url)
    with closing(open_store(url)) as store:
        queue(store)
    with pytest.raises(StoreForbiddenError, match="runs of another ledger"):
        move(full, url)
    assert len(rows_of(url, "runs")) == 1


def test_a_ledger_that_only_saw_jobs_is_as_good_as_an_empty_one(full, url):
    migrate_store(url)
    with closing(open_store(url)) as store:
        history(store, 0)
    move(full, url)
    assert content(url)["marks"] == rows_of(full, "marks")


def test_two_ledgers_are_not_poured_into_one(full, url, tmp_path, empty_ledger):
    broken_off(full, url, after=3)
    other = tmp_path / "other" / "ledger.db"
    migrate_store(other)
    with pytest.raises(StoreForbiddenError, match="being filled from another ledger"):
        move(other, url)


def test_a_ledger_is_moved_once(full, url, tmp_path):
    move(full, url)
    with pytest.raises(StoreForbiddenError, match=r"was moved to postgresql://.* already"):
        move(full, tmp_path / "third.db")
    with pytest.raises(StoreForbiddenError, match=r"was moved to postgresql://.* already"):
        move(full, url)


def test_a_ledger_is_not_moved_onto_itself(full):
    with pytest.raises(StoreForbiddenError, match="is the same ledger"):
        move(full, full)


def test_a_half_of_a_ledger_is_not_moved_on(full, url, tmp_path):
    broken_off(full, url, after=3)
    with pytest.raises(StoreForbiddenError, match="is not whole itself"):
        move(url, tmp_path / "third.db")


def test_what_other_hosts_use_is_not_moved(full, url, tmp_path):
    move(full, url)
    with closing(open_server(url)) as store:
        store.beat(Beat(host="web-2", owner="web-2/a/1/1", boot="a"))
        with pytest.raises(BusyError, match="in use by web-2"):
            move(url, full)
        store.leave("web-2", "web-2/a/1/1")
    move(url, full)


# --- broken off ---


class BrokenOffError(Exception):
    """As by somebody who has seen enough."""


def broken_off(source, target, after):
    """A move that ends after so many steps; whether there were so many."""
    steps = iter(range(after))

    def on_step(*_):
        if next(steps, None) is None:
            raise BrokenOffError

    try:
        move(source, target, on_step)
    except BrokenOffError:
        return True
    return False


@pytest.mark.parametrize("after", [0, 1, 2, 3, 5, 8, 13, 20, 30, 35])
def test_what_was_broken_off_is_gone_on_with(full, url, after, monkeypatch):
    monkeypatch.setattr(way, "PAGE", 10)
    before = content(full)
    assert broken_off(full, url, after)
    assert move(full, url).resumed
    assert content(url) == before


def test_what_arrived_is_not_written_again(full, url, monkeypatch):
    monkeypatch.setattr(way, "PAGE", 10)
    broken_off(full, url, after=6)
    seen = []
    move(full, url, lambda what, done, _: seen.append((what, done)))
    moved = [done for what, done in seen if what == "moved"]
    assert moved[0] > 6
    assert moved == sorted(moved)


def test_what_changed_between_two_attempts_arrives_as_it_is_by_then(full, url, monkeypatch):
    monkeypatch.setattr(way, "PAGE", 10)
    broken_off(full, url, after=8)
    with closing(open_store(full)) as store:
        store.pause("report", None)
        ended(store, State.SUCCESS, job="later")
    with closing(sqlite3.connect(full)) as database, database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM runs WHERE id IN (2, 3, 11)")
    move(full, url)
    assert content(url) == content(full)


KILLED = """
import os, signal, sys
from jobrunner.store import move_store
from jobrunner.store.move import way
way.PAGE = 10
left = int(sys.argv[3])
def on_step(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
move_store(sys.argv[1], sys.argv[2], on_step)
"""


@pytest.mark.parametrize("step", [1, 4, 17, 33])
def test_who_is_killed_in_the_midst_is_gone_on_from(full, url, step):
    before = content(full)
    arguments = [sys.executable, "-c", KILLED, str(full), url, str(step)]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    assert move(full, url).resumed
    assert content(url) == before


def severed(*_):
    """As if killed right before the target is set free."""
    raise BrokenOffError


def test_between_the_two_marks_neither_is_used_and_both_can_be_mended(full, url, monkeypatch):
    before = content(full)
    with monkeypatch.context() as patch:
        patch.setattr(way.note, "erase", severed)
        with pytest.raises(BrokenOffError):
            move(full, url)
    for place in (full, url):
        with pytest.raises(StoreError, match=r"moved|not all"):
            open_store(place)
    assert move(full, url).resumed
    assert content(url) == before
    open_store(url).close()


# --- written meanwhile ---


def test_what_is_written_meanwhile_arrives(full, url, monkeypatch):
    monkeypatch.setattr(way, "PAGE", 10)
    number = iter(range(10**6))

    def write(what, *_):
        if what == "moved" and next(number) < 20:
            with closing(open_store(full)) as store:
                queue(store, job="meanwhile")

    move(full, url, write)
    assert content(url) == content(full)
    assert len(rows_of(url, "runs")) > SLOTS + 20


def test_who_never_stops_writing_is_made_to_wait(full, url):
    refused = 0

    def write(what, *_):
        nonlocal refused
        with closing(sqlite3.connect(full, timeout=0)) as database:
            try:
                database.execute("UPDATE jobs SET recovered_from = recovered_from + 1")
                database.commit()
            except sqlite3.OperationalError:
                refused += 1

    move(full, url, write)
    assert refused
    assert content(url) == content(full)


def test_what_went_wrong_there_is_mended(full, url, monkeypatch):
    spoiled = []

    def spoil(what, *_):
        if what == "compared" and not spoiled:
            spoiled.append(on_server(url, "UPDATE totals SET slots = slots + 1"))
            spoiled.append(on_server(url, "DELETE FROM audit"))

    move(full, url, spoil)
    assert content(url) == content(full)


def test_text_that_no_database_takes_is_left_out(location, url):
    with closing(open_store(location)) as store:
        run = queue(store)
    with closing(sqlite3.connect(location)) as database, database:
        database.execute("UPDATE runs SET message = 'a' || char(0) || 'b' WHERE id = ?", (run.id,))
    move(location, url)
    assert rows_of(url, "runs")[0]["message"] == "a\N{REPLACEMENT CHARACTER}b"


def test_steps_tell_how_much_of_how_much(full, url):
    seen = []
    move(full, url, lambda *step: seen.append(step))
    whole = sum(map(len, content(full).values()))
    last = {what: (done, of) for what, done, of in seen}
    assert last == {"moved": (whole, whole), "compared": (whole, whole)}

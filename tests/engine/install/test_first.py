"""The first tick: heard of as it is noted, and not waited for in vain for ever."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.install.first import Ticked, first_tick
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State
from jobrunner.store import migrate_store, open_store
from jobrunner.store.fleet import Beat
from tests.build import FakeClock

CLOCK = SystemClock()
LONGEST = timedelta(seconds=90)


@pytest.fixture
def state(tmp_path):
    return State(f"{tmp_path}/state")


def here(state):
    return Ticked(state.ledger, "here")


def test_one_that_comes_is_told(state):
    since = CLOCK.now()

    def tick():
        store = ledger(state)
        store.note_tick("here", CLOCK.now(), LONGEST)
        store.close()

    thread = threading.Thread(target=tick)
    thread.start()
    came = first_tick(here(state), since, CLOCK)
    thread.join()
    assert came >= since


def test_an_earlier_one_does_not_count(state):
    store = ledger(state)
    store.note_tick("here", CLOCK.now() - timedelta(hours=1), LONGEST)
    store.close()
    assert first_tick(here(state), CLOCK.now(), CLOCK, timedelta(milliseconds=1)) is None


def test_where_none_comes_it_ends(state):
    assert first_tick(here(state), FakeClock().now(), CLOCK, timedelta(milliseconds=1)) is None


def test_another_hosts_ticks_are_not_taken_for_ours(postgres_url):
    migrate_store(postgres_url)
    with closing(open_store(postgres_url)) as store:
        now = store.clock()
        for host in ("here", "there"):
            store.beat(Beat(host=host, owner=host, boot="b", ticked_at=now))
        store.beat(Beat(host="here", owner="here", boot="b", ticked_at=now - LONGEST))
    assert Ticked(postgres_url, "here").last(now) == now - LONGEST
    assert Ticked(postgres_url, "there").last(now) == now

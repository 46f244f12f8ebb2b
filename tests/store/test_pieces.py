"""What attempts have written, in the ledger of many hosts, piece by piece."""

from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobrunner.store import open_store
from jobrunner.store.fleet import Piece
from tests.build import NOON
from tests.store.server import ask, empty

SECOND = timedelta(seconds=1)


@pytest.fixture
def store(ledger):
    empty(ledger)
    with closing(open_store(ledger)) as store:
        yield store


def keep(store, *pieces, now=NOON, run=1, attempt=1):
    store.keep_pieces([Piece(run, attempt, *piece) for piece in pieces], now)


def kept(store, since=0, limit=64, run=1, attempt=1):
    return [(each.first, each.body) for each in store.pieces(run, attempt, since, limit)]


def test_pieces_come_back_in_order_byte_for_byte(store):
    keep(store, (3, b"\x00\xff\\"), (0, b"abc"))
    assert kept(store) == [(0, b"abc"), (3, b"\x00\xff\\")]


def test_pieces_of_several_attempts_are_kept_together_and_stay_apart(store):
    store.keep_pieces([Piece(1, 1, 0, b"one"), Piece(1, 2, 0, b"two"), Piece(2, 1, 0, b"x")], NOON)
    assert (kept(store), kept(store, attempt=2)) == ([(0, b"one")], [(0, b"two")])
    assert kept(store, run=3) == []


@pytest.mark.parametrize("later", [NOON, NOON + SECOND, NOON - SECOND])
def test_a_piece_takes_the_place_of_those_that_begin_within_it(store, later):
    keep(store, (0, b"aa"), (2, b"bb"), (4, b"cc"), (6, b"dd"))
    keep(store, (2, b"BBBB"), now=later)
    assert kept(store) == [(0, b"aa"), (2, b"BBBB"), (6, b"dd")]


def test_who_knows_some_of_it_is_told_the_rest(store):
    keep(store, (0, b"aaaa"), (4, b"bbbb"), (8, b"cccc"))
    assert kept(store, since=4) == [(4, b"bbbb"), (8, b"cccc")]
    assert kept(store, since=5) == [(4, b"bbbb"), (8, b"cccc")]
    assert kept(store, limit=2) == [(0, b"aaaa"), (4, b"bbbb")]
    assert kept(store, since=12) == []


def test_the_last_bytes_can_be_asked_for(store):
    keep(store, (0, b"aaaa"), (4, b"bbbb"), (8, b"cccc"))
    assert kept(store, since=-4) == [(8, b"cccc")]
    assert kept(store, since=-5) == [(4, b"bbbb"), (8, b"cccc")]
    assert kept(store, since=-100) == kept(store)
    assert kept(store, since=-1, run=2) == []


def test_where_the_last_one_ends_is_how_much_was_written(store):
    assert store.written(1, 1) == 0
    keep(store, (100, b"abc"), (0, b"a"))
    assert store.written(1, 1) == 103


def test_pieces_are_let_go_of_by_where_they_begin(store):
    keep(store, (0, b"aa"), (2, b"bb"), (4, b"cc"))
    keep(store, (2, b"of another attempt"), attempt=2)
    store.drop_pieces(1, 1, 1, 4)
    assert kept(store) == [(0, b"aa"), (4, b"cc")]
    assert kept(store, attempt=2)


def test_nothing_is_kept_of_nothing(store, ledger):
    store.keep_pieces([], NOON)
    assert ask(ledger, "SELECT count(*) FROM pieces") == [(0,)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=8, unique_by=lambda one: one[0]
    )
)
def test_what_follows_a_byte_is_the_same_whatever_is_asked_for_first(store, ledger, spans):
    empty(ledger)
    for first, size in spans:
        keep(store, (first, b"x" * size))
    every = kept(store)
    for since in range(0, 50, 7):
        after = [(first, body) for first, body in every if first + len(body) > since]
        assert kept(store, since=since) == after

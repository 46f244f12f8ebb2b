"""A key stands for one request, and for what was answered to it."""

from datetime import timedelta

import pytest

from jobrunner.engine.access import once
from jobrunner.engine.access.once import Kept, OpenKeyError, ReusedKeyError
from tests.build import NOON

KEY, REQUEST = once.digest("key"), once.digest("a", b"request")
KEPT = Kept(status=202, headers=[("location", "/api/v1/runs/1")], body="{}")
DAY = timedelta(hours=24)


def begin(store, request=REQUEST, now=NOON):
    return once.begin(store, KEY, request, now=now)


def test_what_was_answered_is_answered_again_for_a_day(store):
    assert begin(store) is None
    once.end(store, KEY, KEPT)
    assert begin(store, now=NOON + DAY - timedelta(seconds=1)) == KEPT
    assert begin(store, now=NOON + DAY) is None


def test_a_key_of_another_request_is_refused(store):
    begin(store)
    with pytest.raises(ReusedKeyError, match="take a new one"):
        begin(store, once.digest("another"))


def test_what_is_going_on_is_not_begun_again(store):
    begin(store)
    with pytest.raises(OpenKeyError, match="going on since 2026-11-20"):
        begin(store)
    with pytest.raises(OpenKeyError, match="nobody knows what came of it"):
        begin(store, now=NOON + timedelta(minutes=5))


def test_what_was_not_done_may_be_asked_for_again(store):
    begin(store)
    once.let_go(store, KEY)
    assert begin(store) is None


def test_an_answer_that_cannot_be_read_is_no_leave_to_do_it_again(store):
    begin(store)
    store.answer_key(KEY, "{broken")
    with pytest.raises(OpenKeyError, match="cannot be read"):
        begin(store)


def test_parts_of_a_request_are_not_taken_for_one_another():
    assert once.digest("ab", "c") != once.digest("a", "bc")
    assert once.digest("\ud800") != once.digest("")

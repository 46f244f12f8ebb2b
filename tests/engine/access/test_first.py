"""The first sign-in: a link that works once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest

from jobrunner.engine.access import session, token
from jobrunner.engine.access.first import FirstLink, is_needed
from jobrunner.errors import StoreBusyError
from jobrunner.model.access import Role
from jobrunner.store import open_store
from tests.build import NOON, no_room
from tests.engine.access.gate import HERE, HOUR, make


def redeem(link, store, code=None, now=NOON):
    return link.redeem(code or link.code, store, now=now, address=HERE, lasts=HOUR)


def test_the_link_signs_an_admin_in_once(store):
    link = FirstLink(NOON)
    secret = redeem(link, store)
    found = session.find(store, secret, now=NOON, address=HERE)
    assert (found.token.role, found.expires_at) == (Role.ADMIN, NOON + HOUR)
    assert redeem(link, store) is None


@pytest.mark.parametrize("code", ["x", "ä", "\ud800", "jr_", "x" * 22])
def test_another_code_opens_nothing_and_leaves_the_link(store, code):
    link = FirstLink(NOON)
    assert redeem(link, store, code) is None
    assert redeem(link, store)


def test_a_link_is_too_old_after_ten_minutes(store):
    link = FirstLink(NOON)
    minutes = timedelta(minutes=10)
    assert redeem(link, store, now=NOON + minutes) is None
    assert redeem(link, store, now=NOON + minutes - timedelta(seconds=1))


def test_of_many_who_come_at_once_one_gets_in(location):
    link = FirstLink(NOON)

    def come(_):
        with closing(open_store(location)) as store:
            return redeem(link, store)

    with ThreadPoolExecutor(8) as pool:
        assert sum(secret is not None for secret in pool.map(come, range(8))) == 1


def test_a_link_that_the_ledger_did_not_take_works_later(store):
    link = FirstLink(NOON)
    with no_room(), pytest.raises(StoreBusyError):
        redeem(link, store)
    assert redeem(link, store)


def test_behind_it_is_a_token_that_is_seen_and_can_be_revoked(store):
    secret = redeem(FirstLink(NOON), store)
    (behind,) = store.tokens()
    assert (behind.name, behind.expires_at) == ("sign-in link 2026-11-20 12:00:00", NOON + HOUR)
    store.revoke(behind.name, NOON)
    assert session.find(store, secret, now=NOON, address=HERE) is None


def test_the_code_is_not_told_by_accident():
    link = FirstLink(NOON)
    assert link.code not in repr(link)
    assert len({FirstLink(NOON).code for _ in range(100)}) == 100


def test_it_is_needed_while_no_token_is_good(store):
    assert is_needed(store, NOON)
    make(store, lasts=HOUR)
    assert [is_needed(store, NOON), is_needed(store, NOON + HOUR)] == [False, True]


def test_it_is_needed_again_when_who_came_by_it_is_signed_out(store):
    secret = redeem(FirstLink(NOON), store)
    assert not is_needed(store, NOON)
    session.end(store, secret)
    assert is_needed(store, NOON)


def test_nobody_has_the_secret_of_the_token_behind_it(store):
    redeem(FirstLink(NOON), store)
    (behind,) = store.tokens()
    assert not token.looks_like(behind.prefix)
    assert token.find(store, behind.prefix, now=NOON, address=HERE) is None

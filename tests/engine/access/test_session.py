"""Sessions: who is signed in, and until when."""

from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.access import session, token
from jobrunner.errors import ForbiddenError, UnknownError
from jobrunner.store import open_store
from tests.build import NOON
from tests.engine.access.gate import HERE, HOUR, make, written

MINUTE = timedelta(minutes=1)


def begin(store, made, lasts=HOUR):
    return session.begin(store, made, now=NOON, lasts=lasts, address=HERE)


def find(store, secret, now=NOON, address=HERE):
    return session.find(store, secret, now=now, address=address)


def test_who_signs_in_is_known_until_the_session_is_over(store):
    made, _ = make(store)
    secret = begin(store, made)
    assert find(store, secret).token.name == "ci"
    assert find(store, secret, NOON + HOUR) is None
    assert find(store, f"{secret[:-1]}~") is None


def test_a_session_is_named_by_a_mark_that_opens_nothing(store):
    made, _ = make(store)
    secret = begin(store, made)
    mark = find(store, secret).mark
    assert session.of_mark(store, mark).token.name == "ci"
    assert find(store, mark) is None
    with pytest.raises(UnknownError):
        session.of_mark(store, f"{mark[:-1]}~")


def test_a_session_ends_with_its_token_at_the_latest(store):
    made, _ = make(store, lasts=MINUTE)
    secret = begin(store, made)
    assert find(store, secret).expires_at == NOON + MINUTE
    assert find(store, secret, NOON + MINUTE) is None


def test_who_is_revoked_is_signed_out_and_does_not_sign_in_again(store):
    made, _ = make(store)
    secret = begin(store, made)
    store.revoke("ci", NOON)
    assert find(store, secret) is None
    with pytest.raises(ForbiddenError, match="revoked or expired"):
        begin(store, made)


def test_a_token_that_expired_signs_nobody_in(store):
    made, _ = make(store, lasts=MINUTE)
    with pytest.raises(ForbiddenError):
        session.begin(store, made, now=NOON + MINUTE, lasts=HOUR, address=HERE)


def test_who_signs_out_is_out(store):
    made, _ = make(store)
    secret, other = begin(store, made), begin(store, made)
    assert [session.end(store, secret), session.end(store, secret)] == [True, False]
    assert find(store, secret) is None
    assert find(store, other)


def test_use_is_noted_with_the_token(store):
    made, _ = make(store)
    secret = begin(store, made)
    find(store, secret, NOON + MINUTE, "::1")
    (kept,) = store.sessions()
    assert (kept.used_at, kept.used_from) == (NOON + MINUTE, "::1")
    assert (kept.token.used_at, kept.token.used_from) == (NOON + MINUTE, "::1")


def test_who_looks_in_waits_for_no_writer_and_stays_signed_in(store, location):
    secret = begin(store, make(store)[0])
    with closing(open_store(location)) as other, other._connection.writing():
        store.session_used(token.digest(secret), NOON + MINUTE, HERE)
        assert find(store, secret, NOON + MINUTE)
    assert store.sessions()[0].used_at == NOON


def test_the_secret_is_in_no_file(store, location):
    secret = begin(store, make(store)[0])
    store.checkpoint()
    assert token.digest(secret).encode() in written(location)
    assert secret.encode() not in written(location)


@given(st.text(max_size=60) | st.text(min_size=43, max_size=43))
def test_whatever_is_sent_is_no_session_and_no_error(text):
    class Nothing:
        def session(self, *_):
            return None

        def end_session(self, *_):
            return False

    assert find(Nothing(), text) is None
    assert session.end(Nothing(), text) is False

"""Tokens: their form, and who is let in with one."""

import logging
import re
import secrets
import string
from contextlib import closing
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.access import token
from jobrunner.errors import BusyError, UnusableError
from jobrunner.model.access import Role
from jobrunner.store import open_store
from tests.build import NOON, no_room
from tests.engine.access.gate import HERE, HOUR, make, written

EXAMPLE = "jr_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"
SHAPE = re.compile(r"jr_[0-9A-Za-z]{49}")


def find(store, secret, now=NOON, address=HERE):
    return token.find(store, secret, now=now, address=address)


def test_a_secret_has_the_form_that_leak_scanners_know():
    made = [token.make() for _ in range(100)]
    assert all(SHAPE.fullmatch(each) and token.looks_like(each) for each in made)
    assert len({*made}) == 100


def test_the_checksum_never_changes_its_meaning():
    assert token.looks_like(f"{EXAMPLE}0ZCGXJ")


def test_a_slip_of_any_character_is_seen_before_the_ledger_is_asked():
    secret = token.make()
    for place in range(len(secret)):
        wrong = "x" if secret[place] != "x" else "y"
        assert not token.looks_like(secret[:place] + wrong + secret[place + 1 :])


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_sent_is_no_token_and_no_error(text):
    assert not token.looks_like(text)
    assert not token.looks_like(f"jr_{text}")


@given(st.text(alphabet=st.characters(codec=None), min_size=52, max_size=52))
def test_the_right_length_does_not_make_a_token(text):
    assert not token.looks_like(text)
    assert len(token.digest(text)) == 64


def test_the_maker_of_a_token_gets_in_and_nobody_else(store):
    made, secret = make(store)
    found = find(store, secret)
    assert (found.id, found.name, found.role) == (made.id, "ci", Role.OPERATOR)
    for other in (token.make(), "", secret[:-1], secret + "0", secret.upper(), f" {secret}"):
        assert find(store, other) is None


def test_of_a_thousand_mangled_and_random_secrets_none_is_found(store):
    _, secret = make(store)
    chance = Random(7)
    letters = string.ascii_letters + string.digits + "äß\0\ud800 -_"
    for number in range(1000):
        mangled = [*secret]
        for _ in range(1 + number % 5):
            mangled[chance.randrange(len(mangled))] = chance.choice(letters)
        if (text := "".join(mangled)) != secret:
            assert find(store, text) is None
        assert find(store, token.make()) is None


def test_a_token_that_expired_or_was_revoked_opens_nothing(store):
    _, short = make(store, "short", lasts=HOUR)
    assert [bool(find(store, short, NOON + after)) for after in (HOUR / 2, HOUR)] == [True, False]
    _, gone = make(store, "gone")
    store.revoke("gone", NOON)
    assert find(store, gone) is None


def test_last_use_is_kept_to_the_minute_and_reading_need_not_write(store, monkeypatch):
    _, secret = make(store)
    noted, used = [], store.used

    def note(*use):
        noted.append(use)
        used(*use)

    monkeypatch.setattr(store, "used", note)
    for seconds in (0, 10, 59, 61):
        find(store, secret, NOON + timedelta(seconds=seconds))
    assert len(noted) == 2
    kept = store.token_named("ci")
    assert (kept.used_at, kept.used_from) == (NOON + timedelta(minutes=1), HERE)


def test_who_looks_in_waits_for_no_writer_and_is_let_in(store, location):
    made, secret = make(store)
    with closing(open_store(location)) as other, other._connection.writing():
        store.used(made.id, NOON, HERE)  # who waited would be told that it is busy
        assert find(store, secret).used_at is None
    assert store.token_named("ci").used_at is None


def test_a_full_disk_keeps_nobody_out(store):
    _, secret = make(store)
    with no_room():
        assert find(store, secret)


def test_the_secret_is_in_no_file_no_log_and_no_text(store, location, caplog):
    caplog.set_level(logging.DEBUG)
    made, secret = make(store)
    find(store, secret)
    store.checkpoint()
    kept = written(location)
    assert token.digest(secret).encode() in kept
    assert secret.encode() not in kept
    assert secret[8:].encode() not in kept
    assert secret not in f"{made!r}{store.token_named('ci')!r}{caplog.text}"


def test_a_name_is_taken_until_its_token_is_revoked(store):
    make(store)
    with pytest.raises(BusyError, match="jobrunner token revoke ci"):
        make(store)
    store.revoke("ci", NOON)
    assert make(store)[0].name == "ci"


@pytest.mark.parametrize("name", ["", "a" * 65, "a\nb", "\x1b[31m", " ci", "ci ", "\u202eci"])
def test_a_name_that_could_deceive_is_refused(store, name):
    with pytest.raises(UnusableError):
        make(store, name)
    assert store.tokens() == []


@pytest.mark.parametrize("jobs", [[""], ["a\n"], ["a" * 257], ["a"] * 101])
def test_a_pattern_that_says_nothing_is_refused(store, jobs):
    with pytest.raises(UnusableError):
        make(store, jobs=jobs)


@pytest.mark.parametrize("lasts", [timedelta(), -HOUR, timedelta.max])
def test_a_time_that_cannot_be_is_refused(store, lasts):
    with pytest.raises(UnusableError):
        make(store, lasts=lasts)


def test_tokens_in_a_text_are_blotted_out():
    secret = token.make()
    assert token.blotted(f"a {secret} b jr_short") == "a jr_... b jr_short"


def test_a_hash_is_the_usual_one():
    text = secrets.token_hex()
    assert token.digest("abc").startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")
    assert token.digest(text) != token.digest(text.upper())

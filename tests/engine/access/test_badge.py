"""Keys to badges open one thing each, until there are new ones."""

import pytest

from jobrunner.engine.access import badge
from jobrunner.engine.access.badge import EVERYTHING, Subject

BACKUP = Subject("backup")


def test_a_key_is_to_what_it_was_made_for(store):
    badge.renew(store)
    secret = store.badge_secret()
    for subject in (BACKUP, EVERYTHING, Subject("all"), Subject("a-b.c_d")):
        assert badge.subject_of(secret, badge.key(secret, subject)) == subject


def test_a_key_to_one_job_is_none_to_another_nor_to_all(store):
    badge.renew(store)
    secret = store.badge_secret()
    mark = badge.key(secret, BACKUP).rpartition("-")[2]
    for name in ("restore", "all", "", "Backup"):
        assert badge.subject_of(secret, f"{name}-{mark}") is None


@pytest.mark.parametrize("key", ["", "-", "backup", "backup-", "backup-" + "0" * 32, "all-é" * 40])
def test_what_is_no_key_opens_nothing(store, key):
    badge.renew(store)
    assert badge.subject_of(store.badge_secret(), key) is None


def test_new_keys_make_the_old_ones_void(store):
    badge.renew(store)
    old = badge.key(store.badge_secret(), BACKUP)
    badge.renew(store)
    assert badge.subject_of(store.badge_secret(), old) is None


def test_without_a_secret_even_a_key_made_of_none_opens_nothing(store):
    badge.renew(store)
    badge.close(store)
    assert store.badge_secret() == ""
    assert badge.subject_of("", badge.key("", BACKUP)) is None

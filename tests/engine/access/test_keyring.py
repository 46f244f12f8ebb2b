"""Tokens given out and taken back."""

from datetime import timedelta

import pytest

from jobrunner.engine.access import keyring
from jobrunner.engine.access.visitor import Visitor
from jobrunner.errors import UnknownError
from jobrunner.model.access import Role
from tests.build import NOON

ADMIN = Visitor(name="laptop", role=Role.ADMIN, how="session", address="10.0.0.1")


def give(store, name="ci", **more):
    return keyring.give(store, ADMIN, name, Role.OPERATOR, now=NOON, **more)


def deeds(store):
    return [(each.who, each.address, each.action, each.subject) for each in store.deeds(limit=9)]


def test_giving_is_in_the_audit_with_its_rights_and_without_the_secret(store):
    made, secret = give(store, jobs=["db-*"], lasts=timedelta(days=90))
    assert made.created_by == "laptop"
    assert deeds(store) == [("laptop", "10.0.0.1", "token.create", "ci")]
    (deed,) = store.deeds(limit=1)
    assert deed.detail == "operator, jobs db-*, until 2027-02-18 12:00 UTC"
    assert secret[8:20] not in repr(deed)


def test_taking_back_is_in_the_audit_once(store):
    give(store)
    taken = [keyring.take_back(store, ADMIN, ["ci", "ci"], now=NOON) for _ in range(2)]
    assert taken == [["ci"], []]
    assert deeds(store)[0][2:] == ("token.revoke", "ci")
    assert len(deeds(store)) == 2


def test_if_one_was_never_there_none_is_revoked(store):
    give(store, "grafana")
    with pytest.raises(UnknownError, match=r'named "grafan". Did you mean "grafana"'):
        keyring.take_back(store, ADMIN, ["grafana", "grafan"], now=NOON)
    assert store.token_named("grafana")


def test_a_token_has_a_number_after_its_end_too(store):
    made, _ = give(store)
    keyring.take_back(store, ADMIN, ["ci"], now=NOON)
    assert keyring.numbered(store, made.id).revoked_at == NOON
    with pytest.raises(UnknownError, match="no token 99"):
        keyring.numbered(store, 99)

"""`jobrunner token` as its reader meets it."""

import json
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jobrunner.engine.access import session, token
from jobrunner.model.access import Role
from jobrunner.store import open_store
from tests.build import NOON

CI = ("token", "create", "--role", "operator", "--name", "ci")
SAID = "ci: operator, jobs h*, until 2027-02-18 12:00 UTC. It is not shown again.\n"


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / ".jobrunner/db/ledger.db"


@pytest.fixture
def nobody(monkeypatch):
    with Path(os.devnull).open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield


def names(ledger):
    with closing(open_store(ledger)) as store:
        return [each.name for each in store.tokens() if each.revoked_at is None]


def deeds(ledger):
    with closing(open_store(ledger)) as store:
        return [(each.action, each.subject) for each in store.deeds(limit=9)]


def test_the_token_is_all_of_the_answer_and_opens_the_ledger(call, ledger):
    code, out, err = call(*CI, "--job", "h*", "--expires", "90d")
    assert (code, err) == (0, SAID)
    with closing(open_store(ledger)) as store:
        found = token.find(store, out.removesuffix("\n"), now=NOON, address="::1")
    assert (found.role, found.jobs) == (Role.OPERATOR, ("h*",))


def test_it_is_told_when_no_job_is_meant(call):
    assert 'No job is called "db-*" so far.' in call(*CI, "--job", "db-*")[2]


def test_a_name_that_is_taken_is_refused(call):
    call(*CI)
    code, out, err = call(*CI)
    assert (code, out) == (6, "")
    assert "jobrunner token revoke ci" in err


@pytest.mark.parametrize(
    "words",
    [
        ("--role", "root", "--name", "a"),
        ("--role", "viewer"),
        ("--name", "a"),
        ("--role", "viewer", "--name", "a\nb"),
        ("--role", "viewer", "--name", "a", "--job", ""),
        ("--role", "viewer", "--name", "a", "--expires", "soon"),
        ("--role", "viewer", "--name", "a", "--expires", "0s"),
    ],
)
def test_what_makes_no_token_is_refused(call, words):
    code, out, _ = call("token", "create", *words)
    assert (code, out) == (2, "")


def test_tokens_are_listed_without_their_secrets(call):
    secret = call(*CI)[1].strip()
    code, out, _ = call("token", "list")
    assert (code, out) == (0, f"ci\t{secret[:8]}\toperator\t\t2026-11-20T12:00:00+00:00\t\t\n")


def test_programs_get_every_field_but_the_hash(call):
    secret = call(*CI, "--job", "h*")[1].strip()
    (told,) = json.loads(call("token", "list", "--json")[1])
    assert (told["name"], told["role"], told["jobs"]) == ("ci", "operator", ["h*"])
    assert "hash" not in told
    assert secret not in str(told)
    assert call("token", "list", "--fields", "name,used_at")[1] == "ci\t\n"


def test_revoked_tokens_are_listed_when_they_are_asked_for(call):
    call(*CI)
    call("token", "revoke", "ci")
    assert call("token", "list")[1] == ""
    assert call("token", "list", "--all", "--fields", "name")[1] == "ci\n"
    _, out, _ = call("token", "list", "--all", FORCE_TTY="1", NO_COLOR="1")
    assert "revoked 0s ago" in out


def test_without_a_token_it_is_told_how_to_make_one(call):
    _, out, _ = call("token", "list", FORCE_TTY="1", NO_COLOR="1")
    assert "jobrunner token create" in out


def test_a_revoked_token_opens_nothing_and_ends_its_sessions(call, ledger):
    call(*CI)
    with closing(open_store(ledger)) as store:
        made = store.token_named("ci")
        secret = session.begin(store, made, now=NOON, address="::1")
        assert call("token", "revoke", "ci") == (0, "ci is revoked.\n", "")
        assert session.find(store, secret, now=NOON, address="::1") is None
    assert call("token", "revoke", "ci")[:2] == (0, "ci is revoked already.\n")


def test_one_that_was_never_there_is_told_with_the_one_that_was_meant(call, ledger):
    call(*CI)
    code, _, err = call("token", "revoke", "ci", "cii")
    assert (code, err) == (5, 'Error: no token named "cii". Did you mean "ci"?\n')
    assert names(ledger) == ["ci"]


def test_all_of_them_takes_the_word(call, ledger, terminal):
    call(*CI)
    terminal("revoke\n")
    code, _, asked = call("token", "revoke", "--all", FORCE_TTY="1")
    assert (code, names(ledger)) == (0, [])
    assert "Revoke 1 token, and end every session? Type revoke" in asked


@pytest.mark.parametrize("typed", ["y\n", "\n", "Revoke!\n"])
def test_another_word_leaves_them(call, ledger, terminal, typed):
    call(*CI)
    terminal(typed)
    assert call("token", "revoke", "--all", FORCE_TTY="1")[0] != 0
    assert names(ledger) == ["ci"]


@pytest.mark.usefixtures("nobody")
def test_without_a_terminal_the_flag_is_named(call, ledger):
    call(*CI)
    code, _, err = call("token", "revoke", "--all")
    assert (code, "add --yes" in err, names(ledger)) == (2, True, ["ci"])
    assert call("token", "revoke", "--all", "--yes")[0] == 0
    assert names(ledger) == []


@pytest.mark.parametrize("words", [(), ("ci", "--all")])
def test_what_to_revoke_is_said_in_one_way(call, words):
    assert call("token", "revoke", *words)[0] == 2


def test_making_and_revoking_are_in_the_audit(call, ledger):
    call(*CI)
    call("token", "revoke", "ci")
    assert deeds(ledger) == [("token.revoke", "ci"), ("token.create", "ci")]


def test_a_token_that_leaked_is_revoked_while_the_file_is_broken(call, tmp_path, ledger):
    call(*CI)
    (tmp_path / "jobs.toml").write_text("[jobs")
    assert call("token", "revoke", "ci")[0] == 0
    assert names(ledger) == []


def test_who_cannot_use_the_ledger_is_told_whose_tokens_are(call, ledger):
    call("token", "list")
    ledger.with_name("other.db").hardlink_to(ledger)
    code, out, err = call(*CI)
    assert (code, out) == (4, "")
    assert "whoever can write the ledger" in err

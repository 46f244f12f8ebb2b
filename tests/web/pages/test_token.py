"""Tokens made and revoked on a page, and browsers signed out."""

import re

import pytest

from jobrunner.engine.access import session, token
from jobrunner.model.access import Role
from tests.web.pages.sight import FORM, text_of, told_after, words_of
from tests.web.seed import HOSTILE

SECRET = re.compile(r"jr_[0-9A-Za-z]{49}")


def made(house, **fields):
    wanted = {"name": "ci", "role": "operator"} | fields
    return house.client("admin").post("/tokens", data=wanted, headers=FORM)


def deeds(house):
    with house.scene() as scene:
        return [(each.action, each.subject, each.outcome) for each in scene.store.deeds(limit=9)]


def found(house, name):
    with house.scene() as scene:
        return scene.store.token_named(name)


def test_a_token_is_shown_once_on_the_page_that_answers(house):
    answer = made(house, jobs="deploy-*, db-*", expires="90d")
    (secret,) = {*SECRET.findall(answer.text)}
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert house.client(secret=secret).get("/api/v1/status").status_code == 200
    assert not SECRET.search(text_of(house.client("admin"), "/tokens"))
    kept = found(house, "ci")
    assert (kept.role, kept.jobs, kept.created_by) == (Role.OPERATOR, ("deploy-*", "db-*"), "admin")
    assert (kept.expires_at - kept.created_at).days == 90
    assert deeds(house) == [("token.create", "ci", "done")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "1 to 64 characters"),
        ({"name": "admin"}, "There is a token named"),
        ({"role": "root"}, "Choose what the token may do"),
        ({"expires": "soon"}, "is not a duration"),
        ({"expires": "0s"}, "expires at once"),
        ({"name": HOSTILE * 9}, "1 to 64 characters"),
    ],
)
def test_what_cannot_be_a_token_is_told_and_none_is_made(house, fields, words):
    answer = made(house, **fields)
    assert answer.status_code == 422
    assert words in words_of(answer.text)
    assert HOSTILE not in answer.text
    assert not SECRET.search(answer.text)
    with house.scene() as scene:
        assert len(scene.store.tokens()) == len(Role)
    assert [(action, outcome) for action, _, outcome in deeds(house)] == [
        ("token.create", "refused")
    ]


def test_a_token_is_revoked_and_seen_among_all_of_them_only(house):
    client = house.client("admin")
    answer = client.post(f"/tokens/{found(house, 'viewer').id}/revoke", headers=FORM)
    assert "viewer is revoked." in told_after(client, answer)
    assert house.client("viewer").get("/api/v1/status").status_code == 401
    assert deeds(house) == [("token.revoke", "viewer", "done")]
    assert ">viewer<" not in re.sub(r"\s", "", text_of(client, "/tokens").partition("<tbody")[2])
    assert "revoked" in words_of(text_of(client, "/tokens?every=true"))


def test_browsers_are_listed_and_signed_out(house):
    with house.scene() as scene:
        now = house.clock.now()
        kept = token.find(scene.store, house.secrets["operator"], now=now, address="10.0.0.9")
        session.begin(scene.store, kept, now=now, address="10.0.0.9")
        number = scene.store.sessions()[0].mark
    client = house.client("admin")
    assert "10.0.0.9" in words_of(text_of(client, "/tokens"))
    answer = client.post(f"/sessions/{number}/end", headers=FORM)
    assert "A session of operator is over." in told_after(client, answer)
    with house.scene() as scene:
        assert scene.store.sessions() == []
    assert deeds(house) == [("session.end", "operator", "done")]
    assert client.post(f"/sessions/{number}/end", headers=FORM).status_code == 404


def test_ones_own_token_and_browser_are_marked(house):
    client = house.client()
    client.post("/sign-in", data={"token": house.secrets["admin"]}, headers=FORM)
    words = words_of(text_of(client, "/tokens"))
    assert "admin yours" in words
    assert "admin this one" in words


def test_revoking_ones_own_token_ends_the_session(house):
    client = house.client()
    client.post("/sign-in", data={"token": house.secrets["admin"]}, headers=FORM)
    client.post(f"/tokens/{found(house, 'admin').id}/revoke", headers=FORM)
    assert client.get("/tokens", headers=FORM).headers["location"].startswith("/sign-in")


def assert_shut(client):
    assert client.get("/tokens", headers=FORM).status_code == 403
    for path in ("/tokens", "/tokens/1/revoke", "/sessions/0123456789abcdef/end"):
        data = {"name": "more", "role": "admin"}
        assert client.post(path, data=data, headers=FORM).status_code == 403


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_admins_see_and_make_tokens(house, role):
    assert_shut(house.client(role))


def test_a_token_for_some_jobs_makes_none(house):
    assert_shut(house.client(secret=house.token("some", Role.ADMIN, jobs=("hello",))))
    assert found(house, "more") is None


def test_a_token_or_session_that_is_not_there_is_not_found(house):
    client = house.client("admin")
    for path in ("/tokens/99/revoke", "/sessions/x/end"):
        assert client.post(path, headers=FORM).status_code == 404

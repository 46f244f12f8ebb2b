"""Tokens, sessions and the audit over HTTP."""

from pathlib import Path

import pytest

from jobrunner.engine.access import session
from jobrunner.model.access import Role

URL = "/api/v1/tokens"


@pytest.fixture
def admin(house):
    return house.client("admin")


def create(client, **changes):
    body = {"name": "ci", "role": "operator", "jobs": ["hel*"], "expires": "90d"} | changes
    return client.post(URL, json=body)


def names(client, query=""):
    return [each["name"] for each in client.get(f"{URL}{query}").json()["items"]]


def deeds(house):
    with house.scene() as scene:
        return [(each.action, each.subject, each.outcome) for each in scene.store.deeds(limit=9)]


def test_a_token_is_made_and_works_within_its_rights(house, admin):
    answer = create(admin)
    made = answer.json()
    assert (answer.status_code, made["token"]["name"]) == (201, "ci")
    client = house.client(secret=made["secret"])
    paths = ("jobs/hello", "jobs/report")
    assert [client.get(f"/api/v1/{path}").status_code for path in paths] == [200, 404]
    assert answer.headers["location"] == f"{URL}/{made['token']['id']}"


def test_the_secret_is_shown_once_and_kept_nowhere(house, admin):
    headers = {"Idempotency-Key": "a-key"}
    body = {"name": "ci", "role": "viewer"}
    first = admin.post(URL, json=body, headers=headers)
    secret = first.json()["secret"].encode()
    again = admin.post(URL, json=body, headers=headers)
    assert (again.status_code, "shown once" in again.json()["detail"]) == (409, True)
    with house.scene() as scene:
        files = Path(scene.state.folder).rglob("*")
        assert not [file for file in files if file.is_file() and secret in file.read_bytes()]
    assert secret.decode() not in admin.get(URL).text + admin.get("/api/v1/audit").text


def test_a_token_that_is_taken_back_opens_nothing(house, admin):
    made = create(admin).json()
    place = f"{URL}/{made['token']['id']}"
    assert [admin.delete(place).status_code for _ in range(2)] == [204, 204]
    assert house.client(secret=made["secret"]).get("/api/v1/me").status_code == 401
    assert ("ci" in names(admin), "ci" in names(admin, "?all=true")) == (False, True)
    assert deeds(house) == [("token.revoke", "ci", "done"), ("token.create", "ci", "done")]
    assert admin.delete(f"{URL}/999").status_code == 404


def test_a_name_is_taken_once_and_the_refusal_is_in_the_audit(house, admin):
    assert [create(admin).status_code for _ in range(2)] == [201, 409]
    assert deeds(house)[0] == ("token.create", "ci", "refused")


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "root"},
        {"expires": "soon"},
        {"expires": "0s"},
        {"name": ""},
        {"name": "x" * 65},
        {"name": "a\nb"},
        {"jobs": [""]},
        {"jobs": ["*"] * 101},
        {"secret": "jr_mine"},
    ],
)
def test_what_is_no_token_is_refused(admin, changes):
    assert create(admin, **changes).status_code == 422


def test_nobody_but_an_admin_of_every_job_sees_or_makes_them(house):
    narrow = house.client(secret=house.token("narrow", Role.ADMIN, jobs=("hello",)))
    for client in (narrow, house.client("operator"), house.client("viewer")):
        assert create(client).status_code == 403
        for path in ("tokens", "sessions", "audit"):
            assert client.get(f"/api/v1/{path}").status_code == 403
        assert client.delete(f"{URL}/1").status_code == 403
        assert client.delete(f"/api/v1/sessions/{'0' * 16}").status_code == 403


def test_a_browser_is_signed_out(house, admin):
    with house.scene() as scene:
        now = house.clock.now()
        secret = session.begin(
            scene.store, scene.store.token_named("viewer"), now=now, address="10.0.0.1"
        )
    (row,) = admin.get("/api/v1/sessions").json()["items"]
    assert (row["token"], row["used_from"]) == ("viewer", "10.0.0.1")
    assert admin.delete(f"/api/v1/sessions/{row['id']}").status_code == 204
    assert admin.get("/api/v1/sessions").json()["items"] == []
    with house.scene() as scene:
        assert session.find(scene.store, secret, now=now, address="") is None
    assert deeds(house) == [("session.end", "viewer", "done")]
    assert admin.delete(f"/api/v1/sessions/{row['id']}").status_code == 404


def test_the_audit_is_read_page_by_page(house, admin):
    for number in range(5):
        create(admin, name=f"ci-{number}")
    first = admin.get("/api/v1/audit?limit=3")
    assert [each["subject"] for each in first.json()["items"]] == ["ci-4", "ci-3", "ci-2"]
    rest = admin.get(first.links["next"]["url"]).json()
    assert [each["subject"] for each in rest["items"]] == ["ci-1", "ci-0"]
    assert rest["next_cursor"] is None
    assert admin.get("/api/v1/audit?cursor=nonsense").status_code == 400

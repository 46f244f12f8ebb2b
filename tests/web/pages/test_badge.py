"""Badges: one word to whoever has the address, and nothing to anybody else."""

import re

import pytest

from jobrunner.model.access import Role
from tests.build import NOON, FakeClock
from tests.engine.report.ledger import HOUR, MINUTE, failed
from tests.web.house import House
from tests.web.pages.sight import FORM, PAGE, text_of, told_after, words_of
from tests.web.seed import JOBS

ZEROS = "0" * 32


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, JOBS, FakeClock(NOON))
    with house.scene() as scene:
        scene.store.note_tick("web-1", NOON - MINUTE, 2 * MINUTE)
        failed(scene.store, "backup", at=NOON - HOUR)
    return house


def opened(house):
    """The addresses of the badges, which an admin has had made, by what they are of."""
    house.client("admin").post("/badges/renew", headers=FORM)
    text = text_of(house.client("admin"), "/badges")
    return {path.rpartition("-")[0][7:]: path for path in re.findall(r'src="(/badge/[^"]+)"', text)}


def status_of(house, path):
    key = path.removeprefix("/badge/").removesuffix(".svg")
    return house.client().get(f"/status.json?key={key}")


def test_who_has_the_address_sees_the_picture_without_signing_in(house):
    answer = house.client().get(opened(house)["backup"])
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "<title>backup: failed</title>" in answer.text
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"].startswith("no-cache")


def test_programs_are_told_four_things(house):
    paths = opened(house)
    assert status_of(house, paths["backup"]).json() == {
        "name": "backup",
        "status": "failed",
        "last_success_at": None,
        "next_run_at": "2026-11-21T02:30:00+01:00",
    }
    assert status_of(house, paths["all"]).json()["status"] == "failed"


def test_what_is_unchanged_is_only_told_so(house):
    path = opened(house)["all"]
    tag = house.client().get(path).headers["ETag"]
    assert house.client().get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("key", ["backup", f"backup-{ZEROS}", "all-", f"nope-{ZEROS}", "%00-é"])
def test_without_a_key_nothing_is_told_not_even_whether_a_job_is_there(house, key):
    opened(house)
    client = house.client()
    for path in (f"/badge/{key}.svg", f"/status.json?key={key}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is no such badge."


def test_the_key_to_one_job_shows_no_other(house):
    mark = opened(house)["backup"].rpartition("-")[2]
    assert house.client().get(f"/badge/certbot-{mark}").status_code == 404


def test_before_an_admin_has_them_made_there_are_none(house):
    assert "Badges are not shown to anybody." in text_of(house.client("operator"), "/badges")
    assert house.client("operator").post("/badges/renew", headers=FORM).status_code == 403
    assert house.client("viewer").get("/badges", headers=PAGE).status_code == 403


def test_new_keys_make_the_old_ones_void(house):
    old = opened(house)["backup"]
    client = house.client("admin")
    assert "new keys" in told_after(client, client.post("/badges/renew", headers=FORM))
    assert house.client().get(old).status_code == 404
    assert "no badges any more" in told_after(client, client.post("/badges/close", headers=FORM))
    with house.scene() as scene:
        assert [each.action for each in scene.store.deeds(limit=3)] == [
            "badge.close",
            "badge.renew",
            "badge.renew",
        ]


def test_what_is_copied_is_markdown_with_the_name_of_this_server(house):
    opened(house)
    words = words_of(text_of(house.client("operator"), "/badges?job=backup"))
    assert re.search(
        r"\[!\[backup\]\(http://localhost:8787/badge/backup-[0-9a-f]{32}\.svg\)\]"
        r"\(http://localhost:8787/jobs/backup\)",
        words,
    )


def test_a_token_of_some_jobs_is_offered_theirs_and_changes_nothing(house):
    opened(house)
    secret = house.token("badges-of-db", Role.ADMIN, jobs=("backup",))
    client = house.client(secret=secret)
    text = text_of(client, "/badges")
    assert re.findall(r'src="/badge/(\w+)-', text) == ["backup"]
    assert "certbot" not in text
    assert client.post("/badges/renew", headers=FORM).status_code == 403

"""jobs.toml as a text over HTTP."""

import pytest

from jobrunner.engine.draft import check
from jobrunner.model.access import Role
from jobrunner.web.site import Site
from tests.web.house import JOBS, House

URL = "/api/v1/config"
EDITABLE = f"""[serve]
allow_edit = true

[notify.ops]
webhook = "https://hooks.example/sesame"
{JOBS}"""
NEW = EDITABLE.replace("echo hello", "echo changed")


@pytest.fixture
def open_house(tmp_path):
    return House(tmp_path, EDITABLE)


def put(house, text, *, role="admin", match="*", **more):
    headers = {"Content-Type": "application/toml"} | ({"If-Match": match} if match else {})
    return house.client(role).put(URL, content=text, headers=headers, **more)


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("#")[2]


def test_who_may_change_it_reads_it_as_it_is(open_house):
    answer = open_house.client("admin").get(URL)
    assert (answer.status_code, answer.text) == (200, EDITABLE)
    assert answer.headers["content-type"].startswith("text/plain")
    assert not answer.headers["etag"].startswith("W/")


def test_who_may_not_change_it_sees_no_secrets(tmp_path):
    house = House(tmp_path, EDITABLE.replace("true", "false", 1))
    answer = house.client("admin").get(URL)
    assert ("sesame" in answer.text, "echo hello" in answer.text) == (False, True)


def test_it_is_written_checked_and_told_job_by_job(open_house):
    before = open_house.client("admin").get(URL).headers["etag"]
    answer = put(open_house, NEW, match=before)
    assert (answer.status_code, open_house.file.read_text()) == (200, NEW)
    assert "hello" in " ".join(answer.json()["said"])
    assert answer.headers["etag"] == open_house.client("admin").get(URL).headers["etag"] != before
    assert put(open_house, EDITABLE, match=f"W/{answer.headers['etag']}").status_code == 200


def test_a_version_that_was_not_seen_is_not_overwritten(open_house):
    old = open_house.client("admin").get(URL).headers["etag"]
    open_house.file.write_text(NEW)
    assert kind(put(open_house, EDITABLE, match=old)) == (412, "changed-meanwhile")
    assert kind(put(open_house, EDITABLE, match="")) == (428, "which-version")
    assert open_house.file.read_text() == NEW


def test_every_error_is_told_with_its_place_and_nothing_is_written(open_house):
    bad = NEW.replace("*/15", "61").replace("retries", "retrys")
    answer = put(open_house, bad)
    assert kind(answer) == (422, "invalid")
    found = [(each["code"], each["line"], each["column"]) for each in answer.json()["errors"]]
    lines = bad.splitlines()
    assert [code for code, _, _ in found] == ["E110", "E101"]
    assert ("61" in lines[found[0][1] - 1], "retrys" in lines[found[1][1] - 1]) == (True, True)
    assert open_house.file.read_text() == EDITABLE


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [(b"\xff", "text/plain", 422), (b"", "application/json", 415), (b"= 1", "text/plain", 422)],
)
def test_what_is_no_text_of_it_is_refused(open_house, content, media, status):
    headers = {"Content-Type": media, "If-Match": "*"}
    answer = open_house.client("admin").put(URL, content=content, headers=headers)
    assert (answer.status_code, open_house.file.read_text()) == (status, EDITABLE)


def test_it_can_be_asked_what_a_text_would_mean(open_house):
    answer = put(open_house, NEW, params={"dry_run": "true"})
    assert (answer.status_code, open_house.file.read_text()) == (200, EDITABLE)
    assert any("echo changed" in line for line in answer.json()["said"])


def test_the_change_is_in_the_audit_line_by_line_without_secrets(open_house):
    put(open_house, NEW.replace("sesame", "open"))
    with open_house.scene() as scene:
        (deed,) = scene.store.deeds(limit=9)
    assert (deed.who, deed.action, deed.subject) == ("admin", "config.write", str(open_house.file))
    assert '+command = "echo changed"' in deed.detail
    assert ("sesame" in deed.detail, "hooks.example" in deed.detail) == (False, False)


def test_each_version_can_be_read_and_compared(open_house):
    client = open_house.client("admin")
    undo = put(open_house, NEW).json()["undo"]
    newest, first = client.get(f"{URL}/versions").json()["items"]
    assert (first["version"], newest["by"]) == (undo, "admin")
    assert newest["changed"] == ["jobs.hello"]
    assert client.get(f"{URL}/versions/{undo}").text == EDITABLE
    lines = client.get(f"{URL}/versions/{undo}/diff").text.splitlines()
    assert {'-command = "echo hello"', '+command = "echo changed"'} <= {*lines}
    assert client.get(f"{URL}/versions/999").status_code == 404


def other_user(house, monkeypatch):
    monkeypatch.setattr(Site, "is_owners", False)
    return put(house, NEW)


def test_nobody_changes_it_unless_it_says_so_itself_and_serve_is_the_supervisors_user(
    tmp_path, monkeypatch
):
    closed, opened = tmp_path / "a", tmp_path / "b"
    for folder in (closed, opened):
        folder.mkdir()
    shut, house = House(closed), House(opened, EDITABLE)
    assert kind(put(shut, NEW)) == (403, "not-editable")
    assert [put(house, NEW, role=role).status_code for role in ("viewer", "operator")] == [403] * 2
    narrow = house.token("narrow", Role.ADMIN, jobs=("hello",))
    client = house.client(secret=narrow)
    assert client.put(URL, content=NEW, headers={"If-Match": "*"}).status_code == 403
    assert client.get(URL).status_code == 403
    assert kind(other_user(house, monkeypatch)) == (403, "not-editable")
    assert (shut.file.read_text(), house.file.read_text()) == (JOBS, EDITABLE)


def validate(house, content, **headers):
    return house.client("operator").post("/api/v1/validate", content=content, headers=headers)


def test_a_text_is_judged_and_nothing_is_kept_of_it(house):
    assert validate(house, JOBS).json() == {"valid": True, "jobs": 3, "problems": []}
    told = validate(house, JOBS.replace("*/15", "61")).json()
    assert (told["valid"], told["problems"][0]["code"]) == (False, "E110")
    assert house.file.read_text() == JOBS


def test_a_text_reads_no_file_of_the_host(house, tmp_path):
    other = tmp_path / "secret.toml"
    other.write_text("hidden = treasure\n")
    for key in ("include", "crontabs"):
        answer = validate(house, f'{key} = ["{other}"]\n')
        assert (answer.json()["valid"], "treasure" in answer.text) == (False, False)


def test_a_text_that_is_none_is_refused_or_a_problem(house):
    assert validate(house, b"{}", **{"Content-Type": "application/json"}).status_code == 415
    assert validate(house, b"\xff").json()["valid"] is False


def test_a_text_that_is_slow_to_judge_holds_nobody_up(house, monkeypatch):
    monkeypatch.setattr(check, "SECONDS", 1)
    slow = f"params.p = {{ pattern = '(a+)+b', default = '{'a' * 40}' }}"
    told = validate(house, f'[jobs.a]\ncommand = "x"\n{slow}\n').json()
    assert (told["valid"], "too long" in told["problems"][0]["detail"]) == (False, True)

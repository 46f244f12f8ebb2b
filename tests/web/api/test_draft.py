"""Jobs made, changed and removed over HTTP."""

import tomllib

import pytest

from tests.web.house import JOBS, House

EDITABLE = f"""[serve]
allow_edit = true
{JOBS}
[jobs.backup]  # nightly
cron = "30 2 * * *"  # half past two
command = "dump"
env = {{ DB_PASSWORD = "sesame" }}

[jobs.after-it]
command = "true"
after = ["backup"]
"""
HELLO = "/api/v1/jobs/hello"


@pytest.fixture
def open_house(tmp_path):
    return House(tmp_path, EDITABLE)


def call(house, method, path, body=None, *, match="*", role="admin"):
    headers = {"If-Match": match} if match else {}
    return house.client(role).request(method, f"/api/v1{path}", json=body, headers=headers)


def table(house, name):
    return tomllib.loads(house.file.read_text())["jobs"].get(name)


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("#")[2]


def test_a_job_is_added_and_told(open_house):
    job = {"every": "5m", "start": "2026-12-01", "command": ["echo", "new"]}
    answer = call(open_house, "POST", "/jobs", {"name": "fresh", "job": job})
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/v1/jobs/fresh")
    assert open_house.file.read_text().startswith(EDITABLE)
    assert "start = 2026-12-01" in open_house.file.read_text()
    assert open_house.client("viewer").get(answer.headers["location"]).status_code == 200
    again = call(open_house, "POST", "/jobs", {"name": "fresh", "job": job})
    assert kind(again) == (409, "conflict")


def test_a_job_is_replaced_and_its_comments_stay(open_house):
    definition = open_house.client("admin").get("/api/v1/jobs/backup/definition")
    new = definition.json() | {"command": "dump -v"}
    answer = call(open_house, "PUT", "/jobs/backup", new, match=definition.headers["etag"])
    assert (answer.status_code, table(open_house, "backup")) == (200, new)
    assert "# nightly" in open_house.file.read_text()
    assert "# half past two" in open_house.file.read_text()
    fresh = open_house.client("admin").get("/api/v1/jobs/backup/definition").headers["etag"]
    assert answer.headers["etag"] == fresh


def test_a_patch_changes_some_keys_and_null_takes_one_away(open_house):
    answer = call(open_house, "PATCH", "/jobs/backup", {"cron": None, "env": {"A": "1"}})
    assert answer.status_code == 200
    assert table(open_house, "backup") == {
        "command": "dump",
        "env": {"DB_PASSWORD": "sesame", "A": "1"},
    }


def test_a_job_is_removed_unless_others_wait_for_it(open_house):
    assert kind(call(open_house, "DELETE", "/jobs/backup")) == (409, "conflict")
    assert call(open_house, "DELETE", "/jobs/after-it").status_code == 200
    assert call(open_house, "DELETE", "/jobs/backup").status_code == 200
    assert tomllib.loads(open_house.file.read_text()) == tomllib.loads(
        f"[serve]\nallow_edit = true\n{JOBS}"
    )


@pytest.mark.parametrize(
    ("method", "body"), [("PUT", {"command": "x"}), ("PATCH", {"retries": 1}), ("DELETE", None)]
)
def test_a_change_says_which_version_it_means(open_house, method, body):
    seen = open_house.client("admin").get(f"{HELLO}/definition").headers["etag"]
    assert kind(call(open_house, method, "/jobs/hello", body, match="")) == (428, "which-version")
    call(open_house, "PATCH", "/jobs/hello", {"description": "other"})
    answer = call(open_house, method, "/jobs/hello", body, match=seen)
    assert kind(answer) == (412, "changed-meanwhile")
    assert table(open_house, "hello")["description"] == "other"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/jobs", {"name": "a", "job": {"command": "x", "cron": "61 * * * *"}}),
        ("POST", "/jobs", {"name": "a/b", "job": {"command": "x"}}),
        ("POST", "/jobs", {"name": "a", "job": {}}),
        ("POST", "/jobs", {"name": "a", "job": {"command": None}}),
        ("POST", "/jobs", {"name": "a", "job": {"command": "x"}, "more": 1}),
        ("PUT", "/jobs/hello", {"schedle": 1}),
        ("PUT", "/jobs/hello", ["command"]),
        ("PATCH", "/jobs/hello", {"command": None}),
        ("PATCH", "/jobs/hello", {"env": {"A": ["x"] * 3}}),
        ("PATCH", "/jobs/hello", {"tags": [[[[["x"]]]]]}),
        ("PUT", "/defaults/retry", {"attempts": -1}),
    ],
)
def test_what_would_be_wrong_is_refused_and_nothing_is_written(open_house, method, path, body):
    answer = call(open_house, method, path, body)
    assert (kind(answer), open_house.file.read_text()) == ((422, "invalid"), EDITABLE)


def test_an_error_tells_its_line(open_house):
    answer = call(open_house, "PATCH", "/jobs/hello", {"cron": "61 * * * *"})
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["line"] > 1, fault["column"] > 1) == ("E110", True, True)


CHANGES = [
    ("POST", "/jobs", {"name": "evil", "job": {"command": "id"}}),
    ("PUT", "/jobs/hello", {"command": "id"}),
    ("PATCH", "/jobs/hello", {"command": "id"}),
    ("DELETE", "/jobs/hello", None),
    ("PUT", "/defaults/retry", {"attempts": 9}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_no_command_is_set_where_editing_is_not_allowed(open_house, method, path, body):
    closed = EDITABLE.replace("allow_edit = true", "allow_edit = false")
    for role in ("viewer", "operator"):
        assert call(open_house, method, path, body, role=role).status_code == 403
    assert open_house.file.read_text() == EDITABLE
    open_house.file.write_text(closed)
    assert kind(call(open_house, method, path, body)) == (403, "not-editable")
    assert open_house.file.read_text() == closed


def test_who_may_not_change_a_job_sees_no_secrets_of_it(open_house):
    url = "/api/v1/jobs/backup/definition"
    assert open_house.client("admin").get(url).json()["env"] == {"DB_PASSWORD": "sesame"}
    open_house.file.write_text(EDITABLE.replace("allow_edit = true", "allow_edit = false"))
    assert open_house.client("admin").get(url).json()["env"] == {"DB_PASSWORD": "***"}
    assert open_house.client("operator").get(url).status_code == 403


def test_a_job_of_an_included_file_is_changed_there(tmp_path):
    (tmp_path / "more.toml").write_text('[jobs.other]\ncommand = "x"\n')
    house = House(tmp_path, f'include = ["more.toml"]\n{EDITABLE}')
    assert call(house, "PATCH", "/jobs/other", {"command": "y"}).status_code == 200
    assert (tmp_path / "more.toml").read_text() == '[jobs.other]\ncommand = "y"\n'


def test_the_retries_of_all_jobs_are_read_and_written(open_house):
    url = "/api/v1/defaults/retry"
    before = open_house.client("viewer").get(url)
    assert (before.json()["attempts"], before.json()["delay"]) == (0, "30s")
    wanted = {"attempts": 3, "delay": "5m", "backoff": "constant"}
    answer = call(open_house, "PUT", "/defaults/retry", wanted, match=before.headers["etag"])
    assert answer.status_code == 200
    told = open_house.client("viewer").get(url)
    assert told.json() == before.json() | wanted
    assert told.headers["etag"] == answer.headers["etag"]
    assert open_house.client("viewer").get(HELLO).status_code == 200


def test_every_change_of_a_job_is_in_the_audit(open_house):
    call(open_house, "PATCH", "/jobs/backup", {"env": {"DB_PASSWORD": "other"}})
    call(open_house, "PATCH", "/jobs/backup", {"cron": "61 * * * *"})
    call(open_house, "DELETE", "/jobs/hello")
    with open_house.scene() as scene:
        deeds = scene.store.deeds(limit=9)[::-1]
    assert [(each.action, each.subject, each.outcome) for each in deeds] == [
        ("job.write", "backup", "done"),
        ("job.write", "backup", "refused"),
        ("job.remove", "hello", "done"),
    ]
    assert ("sesame" in deeds[0].detail, "DB_PASSWORD" in deeds[0].detail) == (False, True)
    assert '-command = "echo hello"' in deeds[2].detail

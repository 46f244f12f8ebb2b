"""Jobs that programs of other schedulers list, add, change and remove."""

import pytest

from jobrunner.model.access import Role
from jobrunner.model.run import State
from tests.engine.report.ledger import MINUTE, ended, queued, ran, started
from tests.web.compat.caller import JOBS, Caller

ROW = ["job_id", "name", "description", "next_run", "trigger", "enabled", "status"]
DAILY = {
    "name": "Börse (Seoul)",
    "start_date": "2026-11-01",
    "end_date": "2099-12-31",
    "hour": 9,
    "minute": 5,
}
CALLBACK = {
    "days": 14,
    "start_date": "2026-03-20T15:00",
    "callback_url": "https://app.example.com/invoice",
    "payload": {"kind": "invoice", "start": "2026-01-01", "lines": [1, 2.5, True]},
    "timezone": "GMT+7",
}


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("#")[2]


def pointer(answer):
    return answer.status_code, answer.json()["errors"][0]["pointer"]


def test_every_job_is_listed_in_the_shape_that_is_known(caller):
    told = caller.get("/jobs").json()
    assert [*told] == ["message", "status", "data"]
    assert told["status"] == "success"
    assert [[*one] for one in told["data"]] == [ROW] * 3
    crawl = told["data"][0]
    assert (crawl["job_id"], crawl["trigger"], crawl["enabled"]) == ("crawl", "0 3 * * *", True)
    assert crawl["next_run"].endswith("T03:00:00+09:00")


def test_a_job_is_active_until_it_ran_and_then_as_it_ended(caller):
    def status():
        return caller.get("/job/refresh").json()["data"]["status"]

    found, now = [status()], caller.house.clock.now()
    for state in (State.SUCCESS, State.FAILED, State.TIMEOUT):
        ran(caller.store, "refresh", state, now)
        found.append(status())
    run = started(caller.store, queued(caller.store, "refresh", now), now)
    ended(caller.store, run, State.FAILED, now, retry_at=now + MINUTE)
    assert [*found, status()] == ["active", "success", "failed", "failed", "retrying"]


@pytest.mark.parametrize("path", ["/jobs/refresh", "/job/refresh"])
def test_one_job_is_told_with_its_latest_execution(caller, path):
    assert caller.get(path).json()["data"]["latest_execution"] is None
    ran(caller.store, "refresh", State.FAILED, exit_code=1, message="no rows")
    told = caller.get(path).json()["data"]
    assert [*told][:7] == ROW
    assert [*told["latest_execution"]] == [
        *("id", "started_at", "finished_at", "duration_seconds"),
        *("success", "message", "result_data"),
    ]
    assert (told["latest_execution"]["success"], told["latest_execution"]["message"]) == (
        False,
        "no rows",
    )


@pytest.mark.parametrize("path", ["/job/add", "/jobs"])
def test_a_daily_job_does_the_work_of_the_one_with_the_tag_between_two_dates(caller, path):
    before = caller.house.file.read_text()
    answer = caller.post(path, DAILY, role="admin")
    told = answer.json()["data"]
    assert (answer.status_code, told["job_id"], told["name"]) == (201, "borse-seoul", DAILY["name"])
    assert (told["status"], told["max_retries"], told["retry_delay"]) == ("active", 3, 300)
    assert caller.house.file.read_text().startswith(before)
    table, like = caller.table("borse-seoul"), caller.table("crawl")
    assert table["retry"] == {
        "attempts": 3,
        "delay": "5m",
        "backoff": "constant",
        "jitter": False,
    }
    assert (table["cron"], table["tags"]) == ("5 9 * * *", ["web"])
    assert {f"{table['start']}", f"{table['end']}"} == {"2026-11-01", "2099-12-31"}
    assert all(table[key] == like[key] for key in ("command", "timeout", "timezone", "params"))


def test_a_job_calls_a_url_with_its_payload(caller):
    answer = caller.post("/jobs", CALLBACK, role="admin")
    assert answer.json()["data"]["job_id"] == "app-example-com-invoice"
    assert answer.headers["location"] == "/api/compat/jobs/app-example-com-invoice"
    table = caller.table("app-example-com-invoice")
    assert table["http"] == {"url": CALLBACK["callback_url"], "json": CALLBACK["payload"]}
    assert (table["every"], table["timezone"]) == ("14d", "GMT+7")
    assert f"{table['start']}" == "2026-03-20 15:00:00"
    assert "command" not in table


@pytest.mark.parametrize(
    ("unit", "every"), [("weeks", "14d"), ("days", "2d"), ("hours", "2h"), ("minutes", "2m")]
)
def test_intervals_are_of_any_unit(caller, unit, every):
    words = {"name": "x", unit: 2, "callback_url": "https://app.example.com/"}
    caller.post("/jobs", words, role="admin")
    assert caller.table("x")["every"] == every


def test_a_name_that_is_taken_gets_a_number_and_another_job_can_be_the_pattern(caller):
    names = [
        caller.post("/job/add?like=refresh", DAILY, role="admin").json()["data"]["job_id"]
        for _ in range(2)
    ]
    assert names == ["borse-seoul", "borse-seoul-2"]
    assert "JOBRUNNER_RESULT" in caller.table("borse-seoul-2")["command"]


def test_what_was_added_is_run(awake):
    awake.post("/job/add", DAILY | {"max_retries": 0}, role="admin")
    told = awake.post("/jobs/borse-seoul/trigger").json()
    assert (told["status"], told["data"]["success"]) == ("success", True)


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ({"name": "x"}, "/"),
        ({"name": "x", "hour": 9, "days": 2}, "/"),
        ({"name": "x", "hours": 9, "minute": 2}, "/minute"),
        ({"name": "x", "hour": 24}, "/hour"),
        ({"name": "x", "hour": 9, "start_date": "tomorrow"}, "/start_date"),
        (
            {"name": "x", "days": 1, "callback_url": "https://a.b/", "payload": {"a": None}},
            "/payload",
        ),
        ({"name": "x", "hour": 9, "command": "rm -rf /"}, "/"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(caller, words, where):
    before = caller.house.file.read_text()
    answer = caller.post("/job/add", words, role="admin")
    assert pointer(answer) == (422, where)
    assert caller.house.file.read_text() == before


def test_what_would_never_run_is_not_added(caller):
    words = DAILY | {"start_date": "2001-01-01", "end_date": "2001-12-31"}
    assert kind(caller.post("/job/add", words, role="admin")) == (409, "conflict")
    assert caller.table("borse-seoul") is None


def test_what_is_said_of_a_job_is_changed_and_the_rest_stays(caller):
    caller.post("/jobs", CALLBACK, role="admin")
    path, name = "/jobs/app-example-com-invoice", "app-example-com-invoice"
    told = caller.put(path, {"hours": 6, "payload": {"kind": "dun"}, "max_retries": 5}).json()
    table = caller.table(name)
    assert (told["data"]["trigger"], told["data"]["max_retries"]) == ("every 6h", 5)
    assert table["http"] == {"url": CALLBACK["callback_url"], "json": {"kind": "dun"}}
    caller.put(path, {"hour": 8, "enabled": False, "name": "Invoices"})
    table = caller.table(name)
    assert (table["cron"], table["enabled"], table["description"]) == (
        "0 8 * * *",
        False,
        "Invoices",
    )
    assert "every" not in table


@pytest.mark.parametrize("path", ["/job/refresh", "/jobs/refresh"])
def test_a_job_is_removed_and_its_history_stays(caller, path):
    ran(caller.store, "refresh", State.SUCCESS)
    assert caller.delete(path).json()["status"] == "success"
    assert caller.table("refresh") is None
    assert caller.get("/jobs/refresh/history").json()["meta"]["total_items"] == 1
    assert caller.get(path).status_code == 404
    assert kind(caller.delete(path)) == (404, "not-found")


def test_every_change_is_in_the_audit_and_so_is_what_was_refused(caller):
    caller.post("/job/add", DAILY, role="admin")
    caller.put("/jobs/borse-seoul", {"hour": 8})
    caller.put("/jobs/borse-seoul", {"timezone": "Nowhere"})
    caller.delete("/job/borse-seoul")
    assert [(action, outcome) for _, action, _, outcome in caller.deeds()] == [
        ("job.create", "done"),
        ("job.write", "done"),
        ("job.write", "refused"),
        ("job.remove", "done"),
    ]


def test_nothing_is_changed_where_jobs_toml_does_not_allow_it(tmp_path):
    caller = Caller(tmp_path, JOBS.replace("allow_edit = true", "allow_edit = false"))
    changes = [
        caller.post("/job/add", DAILY, role="admin"),
        caller.post("/jobs", CALLBACK, role="admin"),
        caller.put("/jobs/refresh", {"hour": 8}),
        caller.delete("/job/refresh"),
        caller.post("/set-interval?job=refresh", {"hours": 3}, role="admin"),
        caller.put("/retry-config", {}),
        caller.post("/start?job=refresh", {"mode": "hourly"}, role="admin"),
    ]
    caller.close()
    assert [kind(each) for each in changes] == [(403, "not-editable")] * 7


def test_a_token_of_some_jobs_sees_those_alone_and_changes_none(caller):
    client = caller.house.client(secret=caller.house.token("some", Role.ADMIN, jobs=("refresh",)))
    told = client.get("/api/compat/jobs").json()["data"]
    assert [one["job_id"] for one in told] == ["refresh"]
    assert client.get("/api/compat/job/crawl").status_code == 404
    assert client.get("/api/compat/jobs/crawl/history").status_code == 404
    assert client.post("/api/compat/jobs/crawl/trigger").status_code == 404
    assert client.post("/api/compat/stop").status_code == 403
    assert client.put("/api/compat/jobs/refresh", json={"hour": 1}).status_code == 403

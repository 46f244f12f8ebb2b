"""The scheduler as a whole: how it stands, started, stopped, set."""

import pytest

from jobrunner.model.access import Role
from jobrunner.model.run import State
from tests.build import NOON, FakeClock
from tests.engine.report.ledger import HOUR, MINUTE, queued, ran, seen, started
from tests.web.compat.caller import JOBS
from tests.web.house import House

STATUS = [
    *("running", "is_processing", "interval_hours", "last_execution_time"),
    *("last_execution_duration", "last_execution_status", "execution_count", "success_count"),
    *("failure_count", "next_execution_in_seconds"),
]
NO_TAG = JOBS.replace('"compat", ', "")


@pytest.fixture
def past(tmp_path):
    house = House(tmp_path, NO_TAG, FakeClock())
    with house.scene() as scene:
        seen(scene.store, scene.config.jobs["refresh"], NOON)
        ran(scene.store, "refresh", State.SUCCESS, NOON - 4 * HOUR, 90 * MINUTE)
        ran(scene.store, "refresh", State.TIMEOUT, NOON - HOUR, 2 * MINUTE)
        ran(scene.store, "crawl", State.SUCCESS, NOON - MINUTE)
    return house


def status(house, query=""):
    return house.client("viewer").get(f"/api/compat/status{query}").json()


def test_the_status_of_one_job_is_told_in_the_shape_that_is_known(past):
    told = status(past, "?job=refresh")
    assert [*told] == STATUS
    assert (told["running"], told["is_processing"], told["interval_hours"]) == (True, False, 3)
    assert (told["last_execution_duration"], told["last_execution_status"]) == (120, "failed")
    assert (told["execution_count"], told["success_count"], told["failure_count"]) == (2, 1, 1)
    assert told["next_execution_in_seconds"] == 3 * 3600


def test_where_no_job_is_meant_the_status_is_that_of_all(past):
    told = status(past)
    assert (told["interval_hours"], told["execution_count"]) == (None, 3)
    assert told["last_execution_status"] == "success"
    with past.scene() as scene:
        started(scene.store, queued(scene.store, "sleeper"), NOON)
    assert status(past)["is_processing"] is True


def test_a_token_of_some_jobs_is_told_of_those_alone(past):
    client = past.client(secret=past.token("some", Role.VIEWER, jobs=("crawl", "sleeper")))
    assert client.get("/api/compat/status").json()["execution_count"] == 1
    assert client.get("/api/compat/status?job=refresh").status_code == 404


def test_a_job_that_is_not_named_and_cannot_be_guessed_is_asked_for(past):
    answer = past.client("operator").post("/api/compat/run-now")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/job")
    assert '"compat"' in answer.json()["detail"]


def test_stop_holds_every_job_and_start_lets_it_go_on(caller):
    assert caller.post("/stop").json()["status"] == "success"
    assert caller.store.health()["*"].pause.by == "operator"
    assert caller.get("/status").json()["running"] is False
    assert caller.get("/jobs/refresh").json()["data"]["next_run"] is None
    assert caller.post("/start").json()["status"] == "success"
    assert caller.get("/status").json()["running"] is True


@pytest.mark.parametrize(
    ("stop", "start"),
    [
        ("/stop?job=refresh", "/start?job=refresh"),
        ("/jobs/refresh/pause", "/jobs/refresh/resume"),
    ],
)
def test_one_job_is_stopped_and_started(caller, stop, start):
    caller.post(stop)
    assert caller.get("/status?job=refresh").json()["running"] is False
    assert caller.get("/status?job=crawl").json()["running"] is True
    caller.post(start)
    assert caller.get("/status?job=refresh").json()["running"] is True
    assert [action for _, action, *_ in caller.deeds()] == ["job.pause", "job.resume"]


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({"mode": "daily", "hour": 9, "minute": 5}, {"cron": "5 9 * * *"}),
        ({"mode": "hourly"}, {"cron": "0 * * * *"}),
        ({"mode": "hourly", "minute": 10}, {"cron": "10 * * * *"}),
        ({"mode": "interval", "hours": 1.5}, {"every": "1h30m"}),
        ({"mode": "interval", "minutes": 20}, {"every": "20m"}),
        ({"mode": "custom", "cron": "0 8 * * 1-5"}, {"cron": "0 8 * * 1-5"}),
    ],
)
def test_a_mode_sets_when_a_job_runs_and_lets_it_go_on(caller, body, keys):
    caller.post("/stop?job=crawl")
    assert caller.post("/start", body, role="admin").status_code == 200
    found = caller.table("crawl")
    assert {key: found[key] for key in ("cron", "every") if key in found} == keys
    assert caller.get("/status?job=crawl").json()["running"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "daily"},
        {"mode": "custom"},
        {"mode": "interval"},
        {"mode": "hourly", "hour": 3},
        {"mode": "weekly"},
        {"hour": 3},
        {"mode": "custom", "cron": "every day"},
    ],
)
def test_a_mode_that_cannot_be_understood_changes_nothing(caller, body):
    before = caller.house.file.read_text()
    assert caller.post("/start", body, role="admin").status_code == 422
    assert caller.house.file.read_text() == before


def test_a_mode_takes_an_admin(caller):
    assert caller.post("/start", {"mode": "hourly"}).status_code == 403
    assert caller.table("crawl")["cron"] == "0 3 * * *"


@pytest.mark.parametrize(
    ("body", "every"),
    [
        ({"interval_hours": 3}, "3h"),
        ({"hours": 0.5}, "30m"),
        ({"minutes": 45}, "45m"),
    ],
)
def test_the_interval_is_set(caller, body, every):
    assert caller.post("/set-interval", body, role="admin").status_code == 200
    assert (caller.table("crawl")["every"], "cron" in caller.table("crawl")) == (every, False)


@pytest.mark.parametrize("body", [{"minutes": 29}, {"interval_hours": 0.4}, {}, {"hours": -1}])
def test_an_interval_of_less_than_half_an_hour_is_refused(caller, body):
    assert caller.post("/set-interval", body, role="admin").status_code == 422
    assert caller.table("crawl")["cron"] == "0 3 * * *"


@pytest.mark.parametrize("method", ["put", "post"])
def test_retries_of_every_job_are_set_as_they_were_there(caller, method):
    assert caller.get("/retry-config").json()["data"]["max_retries"] == 0
    more = {"role": "admin"}
    getattr(caller, method)("/retry-config", {"max_retries": 5}, **more)
    told = caller.get("/retry-config").json()
    assert told["data"] == {"max_retries": 5, "retry_delay": 300, "backoff": "constant"}
    assert caller.get("/jobs/refresh").json()["data"]["max_retries"] == 5


def test_health_tells_without_a_token_whether_ticks_come(caller):
    answer = caller.get("/health", role=None)
    assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
    caller.store.note_tick("web-1", caller.house.clock.now(), MINUTE)
    assert caller.get("/health", role=None).json()["status"] == "healthy"

"""Runs that programs of other schedulers start, wait for and look at."""

from threading import Thread

import httpx2
import pytest

from jobrunner.model.run import State
from tests.build import NOON
from tests.engine.report.ledger import HOUR, MINUTE, queued, ran
from tests.web.house import served

KEYS = [
    *("id", "started_at", "finished_at", "duration_seconds", "success", "message", "result_data"),
    *("job_id", "state"),
]


def test_a_trigger_is_answered_when_the_run_has_ended_with_its_result(awake):
    answer = awake.post("/jobs/refresh/trigger")
    told = answer.json()
    assert (answer.status_code, told["status"], told["message"]) == (200, "success", "done")
    assert [*told["data"]] == KEYS
    assert (told["data"]["success"], told["data"]["result_data"]) == (True, {"rows": 42})
    assert told["data"]["finished_at"] >= told["data"]["started_at"]
    assert answer.headers["location"] == f"/api/v1/runs/{told['data']['id']}"


def test_a_run_that_fails_is_told_as_an_error_with_its_reason(awake):
    answer = awake.post("/jobs/crawl/trigger", {"params": {"code": "3"}})
    told = answer.json()
    assert (answer.status_code, told["status"]) == (200, "error")
    assert (told["data"]["success"], told["data"]["state"]) == (False, "failed")
    assert "3" in told["message"]


@pytest.mark.parametrize("path", ["/force-execute", "/run-now"])
def test_the_job_with_the_tag_is_run_where_none_is_named(awake, path):
    assert awake.post(path).json()["data"]["job_id"] == "crawl"
    assert awake.post(f"{path}?job=refresh").json()["data"]["job_id"] == "refresh"


def test_who_does_not_wait_is_told_where_to_look(awake):
    answer = awake.post("/jobs/sleeper/trigger?wait=0")
    told = answer.json()
    assert (answer.status_code, told["status"]) == (202, "success")
    assert told["data"]["location"] == answer.headers["location"]
    assert awake.client("viewer").get(answer.headers["location"]).status_code == 200


def test_a_wait_ends_before_the_run_does(awake):
    told = awake.post("/jobs/sleeper/trigger?wait=0.2").json()["data"]
    assert told["location"] == f"/api/v1/runs/{told['id']}"
    assert awake.store.run(told["id"]).state.is_live


def test_nobody_is_started_and_the_request_waits_for_the_next_tick(caller):
    told = caller.post("/jobs/refresh/trigger?wait=0.1").json()
    assert (told["data"]["id"], caller.store.live()) == (None, [])
    assert "next tick" in told["message"]
    assert told["data"]["location"] == f"/api/v1/requests/{told['data']['request']}"


def test_who_waits_hears_of_a_run_that_begins_later(caller):
    answers = []
    ask = Thread(target=lambda: answers.append(caller.post("/jobs/refresh/trigger")))
    ask.start()
    caller.theatre.until(lambda: caller.store.request(1) is not None)
    caller.theatre.start()
    ask.join(60)
    assert answers[0].json()["data"]["success"] is True


def test_a_second_run_is_refused_and_noted(awake):
    awake.post("/jobs/sleeper/trigger?wait=0.5")
    answer = awake.post("/jobs/sleeper/trigger")
    assert answer.status_code == 409
    assert answer.json()["type"] == "/api/problems#already-running"
    assert awake.deeds()[-1] == ("operator", "job.run", "sleeper", "refused")


def test_who_waits_is_told_where_to_look_when_the_server_ends(awake):
    answers, pulse = [], awake.house.app.state.pulse
    ask = Thread(target=lambda: answers.append(awake.post("/jobs/sleeper/trigger")))
    ask.start()
    awake.theatre.until(lambda: len(pulse) == 1)
    pulse.end()
    ask.join(60)
    assert answers[0].status_code == 202
    assert awake.store.live()


@pytest.mark.parametrize("path", ["/jobs/refresh/trigger", "/run-now", "/stop", "/start"])
def test_who_may_read_does_not_execute(caller, path):
    assert caller.post(path, role="viewer").status_code == 403
    assert (caller.store.request(1), caller.store.health()) == (None, {})
    assert caller.get("/jobs").status_code == 200


def test_who_went_away_is_waited_for_no_longer(awake):
    pulse = awake.house.app.state.pulse
    pulse.pace = 0.02
    headers = {"Authorization": f"Bearer {awake.house.secrets['operator']}"}
    with served(awake.house.app) as origin:
        url = f"{origin}/api/compat/jobs/sleeper/trigger"
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(url, headers=headers, timeout=httpx2.Timeout(30, read=1))
        awake.theatre.until(lambda: len(pulse) == 0)
    assert awake.store.live()


def test_where_no_place_is_left_to_wait_the_run_is_asked_for_all_the_same(awake, monkeypatch):
    monkeypatch.setattr("jobrunner.web.pulse.MOST", 0)
    answer = awake.post("/jobs/sleeper/trigger")
    assert (answer.status_code, answer.json()["data"]["job_id"]) == (202, "sleeper")


def test_the_history_of_a_job_comes_in_pages_that_are_counted(caller):
    for number in range(5):
        ran(caller.store, "refresh", State.SUCCESS, NOON + number * HOUR)
    first, last, beyond = (
        caller.get(f"/jobs/refresh/history?page={page}&limit=2").json() for page in (1, 3, 4)
    )
    assert first["meta"] == {"page": 1, "limit": 2, "total_items": 5, "total_pages": 3}
    assert [[one["id"] for one in page["data"]] for page in (first, last, beyond)] == [
        [5, 4],
        [1],
        [],
    ]
    assert [*first["data"][0]] == KEYS


def test_a_run_that_goes_on_has_neither_an_end_nor_a_success(caller):
    queued(caller.store, "refresh")
    told = caller.get("/jobs/refresh/history").json()["data"][0]
    assert (told["success"], told["finished_at"], told["state"]) == (None, None, "queued")


@pytest.mark.parametrize("path", ["/executions/recent", "/jobs/executions/recent"])
def test_the_executions_of_some_hours_are_told_of_every_job(caller, path):
    now = caller.house.clock.now()
    for job, ago in (("refresh", 30 * HOUR), ("crawl", 2 * HOUR), ("refresh", MINUTE)):
        ran(caller.store, job, State.SUCCESS, now - ago)
    told = caller.get(path).json()
    assert [one["job_id"] for one in told["data"]] == ["refresh", "crawl"]
    assert len(caller.get(f"{path}?hours=48").json()["data"]) == 3
    assert len(caller.get(f"{path}?hours=1").json()["data"]) == 1

"""Runs that are asked for over HTTP, with a real supervisor where one is awake."""

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.ground import Ground
from jobrunner.model.access import Role
from jobrunner.model.run import State, Trigger
from jobrunner.process.find import keepers
from tests.web.api.stage import Stage
from tests.web.house import House


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def awake(stage):
    stage.theatre.start()
    return stage


def test_a_run_is_begun_and_its_place_is_told(awake):
    answer = awake.post("/jobs/hello/runs", {"params": {"who": "me"}}, params={"wait": 30})
    told = answer.json()
    assert (answer.status_code, told["state"]) == (202, "done")
    assert answer.headers["location"] == f"/api/v1/runs/{told['run']}"
    run = awake.theatre.end_of(told["run"])
    assert (run.state, run.trigger, run.asked_by) == (State.SUCCESS, Trigger.API, "operator")
    assert awake.theatre.output(run) == "hello me\n"


def test_without_a_body_a_run_is_as_the_job_says(awake):
    answer = awake.client().post("/api/v1/jobs/hello/runs?wait=30")
    run = awake.theatre.end_of(answer.json()["run"])
    assert awake.theatre.output(run) == "hello you\n"


def test_a_request_waits_where_nobody_is_awake_and_nobody_is_started(stage):
    answer = stage.post("/jobs/hello/runs")
    told = answer.json()
    assert (answer.status_code, told["state"], told["run"]) == (202, "waiting", None)
    assert answer.headers["location"] == f"/api/v1/requests/{told['request']}"
    assert stage.store.live() == []
    stage.theatre.start()
    stage.theatre.answer(told["request"])
    later = stage.client("viewer").get(answer.headers["location"]).json()
    assert (later["state"], later["asked_by"]) == ("done", "operator")
    assert stage.theatre.end_of(later["run"]).state is State.SUCCESS


def test_a_second_run_is_refused_with_the_number_of_the_first(awake):
    first = awake.post("/jobs/sleeper/runs", params={"wait": 30}).json()["run"]
    second = awake.post("/jobs/sleeper/runs")
    told = second.json()
    assert (second.status_code, told["type"]) == (409, "/api/problems#already-running")
    assert f"#{first}" in told["detail"]
    assert awake.post("/jobs/sleeper/runs", {"overlap": "allow"}).status_code == 202


def test_a_run_is_stopped_with_its_descendants(awake):
    run = awake.post("/jobs/sleeper/runs", params={"wait": 30}).json()["run"]
    awake.theatre.until(lambda: awake.store.run(run).state is State.RUNNING)
    answer = awake.post(f"/runs/{run}/stop", {"force": True}, params={"wait": 30})
    assert (answer.status_code, answer.json()["state"]) == (202, "done")
    ended = awake.theatre.end_of(run)
    assert (ended.state, "operator" in ended.reason) == (State.STOPPED, True)
    state = awake.theatre.state
    ground = Ground(state=state, host="", clock=SystemClock(), inherited={}, soft_files=0)
    assert ground.mark(run, 1) not in keepers()


def test_a_run_is_retried_with_its_parameters_and_its_slot(awake):
    wanted = {"params": {"who": "me"}, "slot": "2026-11-20T02:30:00+01:00"}
    run = awake.post("/jobs/hello/runs", wanted, params={"wait": 30}).json()["run"]
    awake.theatre.end_of(run)
    told = awake.post(f"/runs/{run}/retry", params={"wait": 30}).json()
    again = awake.theatre.end_of(told["run"])
    assert (again.trigger, again.params) == (Trigger.RETRY, '{"who":"me"}')
    assert again.slot_of.isoformat() == "2026-11-20T01:30:00+00:00"


def test_what_is_over_cannot_be_stopped_and_what_is_not_cannot_be_retried(awake):
    run = awake.post("/jobs/sleeper/runs", params={"wait": 30}).json()["run"]
    assert awake.post(f"/runs/{run}/retry").status_code == 409
    awake.post(f"/runs/{run}/stop", {"force": True})
    awake.theatre.end_of(run)
    assert awake.post(f"/runs/{run}/stop").status_code == 409


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"nothing": 1}, "/"),
        ({"params": {"who": 1}}, "/params"),
        ({"overlap": "never"}, "/overlap"),
        ({"slot": "2026-11-20T02:30:00"}, "/slot"),
        ({"slot": "0001-01-01T00:00:00Z"}, "/"),
        ({"command": "id"}, "/"),
    ],
)
def test_a_body_that_is_not_understood_is_refused_with_its_place(stage, body, pointer):
    answer = stage.post("/jobs/hello/runs", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert stage.store.take(owner="me", host="", now=stage.house.clock.now()) == []


def test_a_parameter_that_the_job_does_not_take_is_refused(stage):
    answer = stage.post("/jobs/hello/runs", {"params": {"whom": "me"}})
    assert (answer.status_code, "whom" in answer.json()["detail"]) == (422, True)


def test_a_value_that_is_slow_to_judge_holds_nobody_up(tmp_path):
    text = """[jobs.slow]\ncommand = "true"\nparams.p = { pattern = "(a+)+b" }"""
    client = House(tmp_path, text).client("operator")
    answer = client.post("/api/v1/jobs/slow/runs", json={"params": {"p": "a" * 40}})
    assert (answer.status_code, "too long" in answer.json()["detail"]) == (422, True)


def test_jobs_of_others_are_as_if_they_were_not_there(awake):
    run = awake.post("/jobs/hello/runs", params={"wait": 30}).json()["run"]
    awake.theatre.end_of(run)
    secret = awake.house.token("narrow", Role.OPERATOR, jobs=("rep*",))
    client = awake.house.client(secret=secret)
    for path in ("jobs/hello/runs", "jobs/hello/backfill", f"runs/{run}/stop", f"runs/{run}/retry"):
        assert client.post(f"/api/v1/{path}", json={"from": "7d"}).status_code in {404, 422}
    assert client.get("/api/v1/requests/1").status_code == 404
    assert client.post("/api/v1/jobs/report/runs", json={}).status_code == 202


def test_past_slots_are_run_one_after_the_other(awake):
    wanted = {"from": "2026-11-01", "to": "2026-11-03"}
    planned = awake.post("/jobs/report/backfill", wanted | {"dry_run": True})
    assert (planned.status_code, planned.json()["count"]) == (200, 3)
    assert awake.store.live() == []
    told = awake.post("/jobs/report/backfill", wanted).json()
    assert (told["count"], len(told["requests"])) == (3, 3)
    runs = awake.theatre.runs("report", 3)
    assert [f"{run.slot_of:%F %R}" for run in runs] == [f"2026-11-0{n} 02:30" for n in (1, 2, 3)]
    assert {run.trigger for run in runs} == {Trigger.BACKFILL}
    assert awake.post("/jobs/report/backfill", wanted).json()["done"] == 3


@pytest.mark.parametrize(
    "body",
    [
        {"from": "soon"},
        {"from": "2026-11-03", "to": "2026-11-01"},
        {"from": "7d", "parallel": 3},
        {},
    ],
)
def test_a_backfill_that_cannot_be_is_refused(stage, body):
    assert stage.post("/jobs/report/backfill", body).status_code == 422


def test_every_change_is_in_the_audit(awake):
    run = awake.post("/jobs/sleeper/runs", params={"wait": 30}).json()["run"]
    awake.post("/jobs/sleeper/runs")
    awake.post(f"/runs/{run}/stop", {"force": True})
    assert awake.deeds() == [
        ("operator", "job.run", "sleeper", "done"),
        ("operator", "job.run", "sleeper", "refused"),
        ("operator", "run.stop", f"sleeper #{run}", "done"),
    ]


HOSTILE = (
    "; id",
    "$(id)",
    "`id`",
    "'; id; '",
    '"; id; "',
    "a\nid",
    "| id",
    "&& id",
    "$IFS",
    "--help",
)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_parameter_is_never_shell(awake, value):
    answer = awake.post("/jobs/hello/runs", {"params": {"who": value}}, params={"wait": 30})
    run = awake.theatre.end_of(answer.json()["run"])
    assert awake.theatre.output(run) == f"hello {value}\n"

"""Jobs held still over HTTP."""

import pytest

from jobrunner.model.access import Role
from jobrunner.store.value import EVERY_JOB


def paused(house, job):
    with house.scene() as scene:
        health = scene.store.health().get(job)
        return health.pause if health else None


def put(house, path, body=None, role="operator"):
    return house.client(role).put(f"/api/v1{path}", json=body or {})


def test_a_job_is_held_until_a_time_and_goes_on(house):
    wanted = {"until": "2999-11-20T12:00:00+01:00", "reason": "db1"}
    answer = put(house, "/jobs/hello/pause", wanted)
    held = paused(house, "hello")
    assert (answer.status_code, answer.json()["pause"]["by"]) == (200, "operator")
    assert (held.reason, f"{held.until:%F %R}") == ("db1", "2999-11-20 11:00")
    freed = house.client("operator").delete("/api/v1/jobs/hello/pause")
    assert (freed.status_code, freed.json()["before"]["reason"]) == (200, "db1")
    assert paused(house, "hello") is None


def test_a_pause_of_some_length_tells_the_slots_that_fall_into_it(house):
    told = put(house, "/jobs/hello/pause", {"for": "1h"}).json()
    assert (told["count"], len(told["slots"])) == (4, 3)


def test_without_a_body_it_lasts_until_somebody_resumes(house):
    answer = house.client("operator").put("/api/v1/jobs/hello/pause")
    assert (answer.status_code, paused(house, "hello").until) == (200, None)


def test_every_job_is_held_and_goes_on(house):
    put(house, "/jobs/hello/pause")
    assert put(house, "/pause", {"for": "2h"}).status_code == 200
    assert paused(house, EVERY_JOB).by == "operator"
    assert house.client("operator").delete("/api/v1/pause").status_code == 200
    assert (paused(house, EVERY_JOB), paused(house, "hello")) == (None, None)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"for": "soon"}, "/for"),
        ({"for": "0s"}, "/for"),
        ({"for": "1h", "until": "2999-01-01T00:00:00Z"}, "/for"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"until": "9999-12-31T23:59:59Z"}, "/until"),
        ({"until": "2999-01-01"}, "/until"),
        ({"reason": "x" * 501}, "/reason"),
        ({"because": "x"}, "/"),
    ],
)
def test_what_is_no_pause_is_refused_with_its_place(house, body, pointer):
    answer = put(house, "/jobs/hello/pause", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert paused(house, "hello") is None


def test_a_token_of_some_jobs_holds_those_alone(house):
    secret = house.token("narrow", Role.OPERATOR, jobs=("hel*",))
    client = house.client(secret=secret)
    paths = ("jobs/hello/pause", "jobs/report/pause", "pause")
    assert [client.put(f"/api/v1/{path}").status_code for path in paths] == [200, 404, 403]
    assert [client.delete(f"/api/v1/{path}").status_code for path in paths] == [200, 404, 403]


def test_a_job_that_never_was_is_not_found(house):
    assert put(house, "/jobs/helo/pause").status_code == 404


def test_who_held_what_is_in_the_audit(house):
    put(house, "/jobs/hello/pause", {"reason": "db1"})
    put(house, "/jobs/hello/pause", {"for": "soon"})
    house.client("operator").delete("/api/v1/jobs/hello/pause")
    with house.scene() as scene:
        deeds = scene.store.deeds(limit=9)[::-1]
    assert [(each.action, each.subject, each.outcome) for each in deeds] == [
        ("job.pause", "hello", "done"),
        ("job.pause", "hello", "refused"),
        ("job.resume", "hello", "done"),
    ]
    assert deeds[0].detail == "until resumed: db1"


def test_who_lets_every_job_go_on_hears_of_each_that_was_held(house):
    put(house, "/jobs/hello/pause")
    put(house, "/pause", {"reason": "db1"})
    told = house.client("operator").delete("/api/v1/pause").json()
    assert told["before"]["reason"] == "db1"
    assert [one["job"] for one in told["each"]] == [EVERY_JOB, "hello"]

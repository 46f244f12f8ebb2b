"""A token of some jobs finds no trace of the others, wherever it looks."""

import re

import pytest

from jobrunner.model.access import Role
from jobrunner.model.run import State
from tests.build import NOON, FakeClock
from tests.engine.report.ledger import DAY, failed, queued, ran, seen
from tests.web.house import House

HIDDEN = "payroll"
JOBS = f"""
[jobs.hello]
cron = "0 * * * *"
command = "echo hello"
tags = ["open"]

[jobs.{HIDDEN}-nightly]
cron = "30 2 * * *"
command = "{HIDDEN} --all"
tags = ["{HIDDEN}"]
lock = "db"
breaker = {{ after = 2 }}
"""
QUERIES = ("", "?since=30d", "?within=7d", f"?q={HIDDEN}", "?status=failing", "?sort=last")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("hidden"), JOBS, FakeClock())
    with house.scene() as scene:
        for job in scene.config.jobs.values():
            seen(scene.store, job, NOON - DAY)
        ran(scene.store, "hello", State.SUCCESS)
        failed(scene.store, f"{HIDDEN}-nightly", 3)
        ran(scene.store, f"{HIDDEN}-removed", State.FAILED)
        queued(scene.store, f"{HIDDEN}-nightly")
    secret = house.token("some", Role.ADMIN, jobs=("hello",))
    return house.client(secret=secret)


def paths(client):
    """Every path that can be read and ends, with the hidden job and its runs filled in."""
    for path, each in client.get("/api/openapi.json").json()["paths"].items():
        if "get" not in each or "x-events" in str(each["get"]["responses"]):
            continue
        if path in {"/api/openapi.json", "/api/compat/echo"}:  # what is asked comes back
            continue
        for run in ("2", "5", "6") if "{run}" in path else ("1",):
            named = path.replace("{name}", f"{HIDDEN}-nightly").replace("{run}", run)
            yield re.sub(r"{[^}]*}", "1", named)


def test_nothing_that_can_be_read_tells_of_a_hidden_job(client):
    for path in paths(client):
        for query in QUERIES:
            answer = client.get(path + query)
            told = answer.text.replace(f"{HIDDEN}-nightly", "") if HIDDEN in path else answer.text
            told = told.replace(f"?q={HIDDEN}", "")
            assert answer.status_code != 500, path
            assert HIDDEN not in told, path + query


def test_what_is_hidden_is_refused_as_what_is_not_there(client):
    hidden, absent = (
        client.get(f"/api/v1/jobs/{name}") for name in (f"{HIDDEN}-nightly", "not-a-job-at-all")
    )
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json()["detail"].replace(f"{HIDDEN}-nightly", "X") == absent.json()[
        "detail"
    ].replace("not-a-job-at-all", "X")


def test_what_is_wrong_with_the_job_of_somebody_else_is_not_shown(tmp_path):
    house = House(tmp_path, JOBS)
    some = house.client(secret=house.token("some", Role.ADMIN, jobs=("hello",)))
    house.file.write_text(f'[jobs.hello]\ncommand = "true"\n[jobs.{HIDDEN}]\ncomand = "x"\n')
    for path in ("/api/v1/status", "/"):
        told = some.get(path, headers={"Accept": "text/html"}).text
        assert "jobs.toml cannot be used" in told
        assert HIDDEN not in told
    assert HIDDEN in house.client("viewer").get("/api/v1/status").text

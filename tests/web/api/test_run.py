"""Runs over HTTP: rows as the history has them, in pages, and each with its attempts."""

import msgspec
import pytest

from jobrunner.config.zone import host_zone
from jobrunner.engine.past.rows import Wanted, row, runs
from jobrunner.model.access import Role
from jobrunner.model.run import State
from tests.engine.report.ledger import ran
from tests.web.api.walk import items

RUNS = "/api/v1/runs"


def test_runs_are_told_as_the_history_tells_them(past, viewer):
    with past.scene() as scene:
        found = runs(scene.store, Wanted(jobs=("backup",)))
        wanted = [row(run, scene.config.jobs["backup"], host_zone().info) for run in found]
    assert viewer.get(f"{RUNS}?job=backup").json()["items"] == msgspec.to_builtins(wanted)


@pytest.mark.parametrize(
    "query",
    [
        "job=cleanup-tmp&job=backup",
        "state=failed&state=timeout&state=missed",
        "tag=nightly&tag=tls",
        "trigger=manual",
        "since=2026-11-18&until=2026-11-18&job=cleanup-tmp",
    ],
)
def test_pages_of_any_choice_are_the_whole_in_pieces(viewer, query):
    whole = viewer.get(f"{RUNS}?{query}&limit=500").json()["items"]
    walked = items(viewer, f"{RUNS}?{query}&limit=2")
    assert len(whole) > 2
    assert walked == whole


def test_what_ran_on_one_host_can_be_chosen(house):
    with house.scene() as scene:
        run = ran(scene.store, "hello", State.SUCCESS)
    viewer = house.client("viewer")
    found = [len(viewer.get(f"{RUNS}?host={name}").json()["items"]) for name in ("web-1", "db-1")]
    assert (run.host, found) == ("web-1", [1, 0])


def test_what_is_chosen_is_all_that_is_told(viewer):
    found = items(viewer, f"{RUNS}?state=missed&state=failed&limit=100")
    assert {each["state"] for each in found} == {"missed", "failed"}
    hours = items(viewer, f"{RUNS}?since=2026-11-18T05:00Z&until=2026-11-18T07:59Z&job=cleanup-tmp")
    assert [each["created_at"][11:16] for each in hours] == ["08:15", "07:15", "06:15"]


def test_a_run_is_shown_with_each_of_its_attempts(viewer):
    [newest] = viewer.get(f"{RUNS}?job=backup&limit=1").json()["items"]
    found = viewer.get(f"{RUNS}/{newest['id']}").json()
    assert [each["number"] for each in found["each_attempt"]] == [1, 2, 3]
    assert {key: found[key] for key in newest} == newest


@pytest.mark.parametrize("number", ["0", "-1", "1e3", "x", "9223372036854775808"])
def test_a_number_that_no_run_can_have_is_refused(viewer, number):
    assert viewer.get(f"{RUNS}/{number}").status_code == 422


def test_a_run_that_is_not_there_is_not_found(viewer):
    assert viewer.get(f"{RUNS}/9223372036854775807").status_code == 404


def test_a_token_of_some_jobs_sees_their_runs_alone(past):
    client = past.client(secret=past.token("of-certbot", Role.VIEWER, jobs=("cert*", "gone")))
    assert {each["job"] for each in items(client, f"{RUNS}?limit=100")} == {"certbot"}
    [hidden] = past.client("viewer").get(f"{RUNS}?job=backup&limit=1").json()["items"]
    assert client.get(f"{RUNS}/{hidden['id']}").status_code == 404
    assert client.get(f"{RUNS}?job=backup").status_code == 404


def test_a_token_whose_jobs_are_none_sees_nothing(past):
    client = past.client(secret=past.token("of-none", Role.VIEWER, jobs=("none-*",)))
    assert client.get(RUNS).json() == {"items": [], "next_cursor": None}


def test_runs_of_a_job_that_is_declared_no_more_are_still_there(house):
    with house.scene() as scene:
        ran(scene.store, "removed", State.SUCCESS)
    [found] = house.client("viewer").get(f"{RUNS}?job=removed").json()["items"]
    assert found["state"] == "success"


def test_a_cursor_whose_run_is_gone_is_refused_and_not_taken_for_the_end(house):
    answer = house.client("viewer").get(f"{RUNS}?cursor=OTk5")  # 999
    assert answer.status_code == 400

"""Figures over HTTP: what is to come, what was, what was not."""

import pytest

from jobrunner.model.access import Role

ROOT = "/api/v1"


def test_what_is_due_next_is_told_of_all_jobs_and_of_some(viewer):
    found = viewer.get(f"{ROOT}/next?within=2h&each=1").json()
    assert {slot["job"] for slot in found["slots"]} >= {"invoice-sync", "cleanup-tmp"}
    some = viewer.get(f"{ROOT}/next?job=certbot&within=7d").json()
    assert [slot["scheduled_for"] for slot in some["slots"]] == ["2026-11-22T04:17:00+01:00"]


def test_the_figures_of_each_job_are_told(viewer):
    found = viewer.get(f"{ROOT}/stats?since=3d").json()["items"]
    assert {each["job"] for each in found} >= {"backup", "invoice-sync"}
    [one] = viewer.get(f"{ROOT}/stats?job=backup&since=3d").json()["items"]
    assert one["failed"] > 0


def test_figures_come_page_by_page_and_are_those_of_the_whole(viewer):
    whole = viewer.get(f"{ROOT}/stats?since=3d").json()["items"]
    told, path = [], f"{ROOT}/stats?since=3d&limit=1"
    while path:
        answer = viewer.get(path)
        told += answer.json()["items"]
        path = answer.links.get("next", {}).get("url")
    assert told == whole
    assert len(whole) > 1


def test_a_cursor_that_leads_nowhere_is_refused(viewer):
    assert viewer.get(f"{ROOT}/stats?cursor=bm9uZQ").status_code == 400


def test_what_did_not_happen_is_told(viewer):
    found = viewer.get(f"{ROOT}/gaps?since=5d").json()
    assert [(each["job"], each["slots"]) for each in found["stretches"]] == [("cleanup-tmp", 4)]


def test_how_full_the_time_ahead_is_is_told(viewer):
    found = viewer.get(f"{ROOT}/load?within=2d").json()
    assert found["slots"] > 500


@pytest.mark.parametrize(
    "query", ["next?within=0s", "next?within=400d", "load?within=93d", "load?within=x"]
)
def test_a_distance_is_bounded(viewer, query):
    answer = viewer.get(f"{ROOT}/{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/within")


def test_a_token_whose_jobs_are_none_is_told_nothing(past):
    client = past.client(secret=past.token("of-nobody", Role.VIEWER, jobs=("none-*",)))
    assert client.get(f"{ROOT}/stats").json()["items"] == []
    assert client.get(f"{ROOT}/gaps").json()["stretches"] == []
    assert client.get(f"{ROOT}/next").json()["slots"] == []
    assert client.get(f"{ROOT}/load").json()["slots"] == 0

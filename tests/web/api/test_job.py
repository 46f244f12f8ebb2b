"""Jobs over HTTP: the same values as the commands show, in pages, filtered."""

import msgspec
import pytest

from jobrunner.engine.report.overview import see_jobs
from jobrunner.model.access import Role
from jobrunner.web.paging import Page
from tests.build import NOON
from tests.web.api.walk import items

JOBS = "/api/v1/jobs"


def names(client, query=""):
    return [item["name"] for item in client.get(f"{JOBS}{query}").json()["items"]]


def test_the_jobs_are_told_as_the_command_tells_them(past, viewer):
    with past.scene() as scene:
        jobs = scene.config.jobs.values()
        wanted = see_jobs(scene.store, jobs, NOON, recent=True, words=True)
    assert viewer.get(JOBS).content == msgspec.json.encode(Page(wanted))


@pytest.mark.parametrize("sort", ["file", "name", "next", "last", "status"])
def test_pages_follow_one_another_without_a_gap_and_without_doubles(viewer, sort):
    whole = names(viewer, f"?sort={sort}")
    walked = [item["name"] for item in items(viewer, f"{JOBS}?sort={sort}&limit=5")]
    assert walked == whole
    assert len({*whole}) == 12


def test_a_page_leads_on_by_its_header_and_by_its_cursor(viewer):
    answer = viewer.get(f"{JOBS}?limit=2&tag=nightly&tag=db&tag=etl&tag=tls")
    cursor = answer.json()["next_cursor"]
    assert answer.links["next"]["url"].endswith(f"tag=etl&tag=tls&cursor={cursor}")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?status=failing", {"backup", "reindex"}),
        ("?status=disabled&status=never", {"sleepy", "fresh"}),
        ("?tag=db&tag=tls", {"backup", "certbot"}),
        ("?q=PG_DUMP", {"backup"}),
        ("?q=billing&status=running", {"invoice-sync"}),
        ("?tag=nothing-of-that-kind", set()),
    ],
)
def test_jobs_are_chosen_by_tag_by_status_and_by_a_word(viewer, query, wanted):
    assert wanted <= {*names(viewer, query)}
    assert len(names(viewer, query)) < 5


@pytest.mark.parametrize("cursor", ["xx", "%00", "bm90LWEtam9i", "/../", "ä"])
def test_a_cursor_that_is_none_is_refused(viewer, cursor):
    answer = viewer.get(f"{JOBS}?cursor={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/query/cursor")


@pytest.mark.parametrize("query", ["?limit=0", "?limit=501", "?status=odd", "?sort=odd"])
def test_a_parameter_that_is_wrong_is_named(viewer, query):
    answer = viewer.get(f"{JOBS}{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/query/{query[1:].split('=')[0]}")


def test_the_next_slots_of_a_job_are_told_from_any_day_on(viewer):
    answer = viewer.get(f"{JOBS}/report-daily/next?count=2&from=2027-03-12")
    slots = [item["scheduled_for"] for item in answer.json()["items"]]
    assert slots == ["2027-03-12T07:00:00-05:00", "2027-03-15T07:00:00-04:00"]


@pytest.mark.parametrize("name", ["sleepy", "old-import", "reindex"])
def test_a_job_that_is_held_or_has_no_schedule_has_no_next_slots_soon(viewer, name):
    slots = viewer.get(f"{JOBS}/{name}/next?count=3").json()["items"]
    assert all(slot["scheduled_for"] > "2026-12-01" for slot in slots)


def test_why_and_stats_are_told_of_one_job(viewer):
    why = viewer.get(f"{JOBS}/cleanup-tmp/why?at=2026-11-17T22:15").json()
    assert (why["job"], why["verdict"]) == ("cleanup-tmp", "missed")
    stats = viewer.get(f"{JOBS}/invoice-sync/stats?since=2d").json()
    assert stats["runs"] > 500


def test_a_moment_that_is_none_is_refused_in_words(viewer):
    answer = viewer.get(f"{JOBS}/backup/why?at=tomorrow")
    assert answer.status_code == 422
    assert "is not a time: write 2026-11-17" in answer.json()["detail"]


def test_a_token_of_some_jobs_sees_these_alone(past):
    secret = past.token("of-some", Role.VIEWER, jobs=("re*",))
    client = past.client(secret=secret)
    assert names(client) == ["report-daily", "reindex"]
    for path in ("", "/next", "/why", "/stats"):
        assert client.get(f"{JOBS}/backup{path}").status_code == 404


def test_a_job_that_was_misspelt_is_not_found_and_the_one_that_was_meant_is_named(viewer):
    answer = viewer.get(f"{JOBS}/backpu/why")
    assert answer.status_code == 404
    assert "backup" in answer.json()["detail"]

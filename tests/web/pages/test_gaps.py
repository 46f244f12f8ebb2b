"""The page of gaps: each slot that did not run with its reason, each time without ticks."""

from datetime import timedelta

import pytest

from jobrunner.model.access import Role
from tests.build import NOON, FakeClock
from tests.web.house import House
from tests.web.pages.sight import text_of, words_of
from tests.web.seed import JOBS

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("role", Role)
def test_slots_that_did_not_run_are_told_with_their_reason(museum, role):
    words = words_of(text_of(museum.client(role), "/gaps"))
    assert "4 missed nobody started them in time" in words
    assert "missed cleanup-tmp Tue 2026-11-17 20:15 UTC Tue 2026-11-17 23:15 UTC 4 no tick" in words


def test_the_reason_is_a_link_away(museum):
    text = text_of(museum.client("viewer"), "/gaps")
    link = '"/jobs/cleanup-tmp?at=2026-11-18+00%3A15#why"'
    assert f"href={link}" in text
    assert "cleanup-tmp was missed" in text_of(museum.client("viewer"), link.strip('"'))


def test_a_time_without_ticks_is_told_with_what_it_cost(tmp_path):
    house = House(tmp_path, JOBS, FakeClock(NOON))
    with house.scene() as scene:
        scene.store.note_tick("web-1", NOON - 9 * HOUR, timedelta(minutes=2))
        scene.store.note_tick("web-1", NOON - 4 * HOUR, timedelta(minutes=2))
    words = words_of(text_of(house.client("viewer"), "/gaps"))
    assert "no tick; it cost no slot" in words
    assert "it goes on" in words


def test_without_any_tick_it_says_how_to_get_them(tmp_path):
    house = House(tmp_path, JOBS, FakeClock(NOON))
    assert "No tick has come yet" in text_of(house.client("viewer"), "/gaps")


@pytest.mark.parametrize("query", ["since=soon", "job=nope"])
def test_what_cannot_be_read_is_told_beside_its_field(museum, query):
    assert 'aria-invalid="true"' in text_of(museum.client("viewer"), f"/gaps?{query}")


def test_a_job_without_gaps_says_so(museum):
    words = words_of(text_of(museum.client("viewer"), "/gaps?job=backup"))
    assert "Every slot since Fri 13 Nov 12:00 ran." in words


def test_a_token_of_some_jobs_is_told_of_theirs_alone(museum):
    secret = museum.token("gaps-of-db", Role.VIEWER, jobs=("backup",))
    assert "cleanup-tmp" not in text_of(museum.client(secret=secret), "/gaps")

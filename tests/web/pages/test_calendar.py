"""The calendar: what became of the slots of each day, and which are to come."""

import pytest

from jobrunner.model.access import Role
from tests.web.pages.sight import text_of, words_of


@pytest.mark.parametrize("role", Role)
def test_a_month_tells_what_went_well_what_failed_and_what_is_planned(museum, role):
    words = words_of(text_of(museum.client(role), "/calendar"))
    assert "November 2026" in words
    assert "20 November Friday 222 went well 9 failed 227 planned" in words
    assert "4 skipped or missed" in words


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("month=2026-12", "December 2026"),
        ("week=2026-W47", "16 Nov to 22 Nov 2026"),
        ("week=2026-11-20", "16 Nov to 22 Nov 2026"),
        ("day=2026-11-20", "Friday, 20 November 2026"),
    ],
)
def test_another_month_week_or_day_is_in_the_address(museum, query, told):
    assert told in words_of(text_of(museum.client("viewer"), f"/calendar?{query}"))


def test_a_day_tells_of_each_job_and_leads_to_its_runs(museum):
    text = text_of(museum.client("viewer"), "/calendar?day=2026-11-20")
    assert "231 runs ended that day" in words_of(text)
    assert 'href="/runs?since=2026-11-20&amp;until=2026-11-20&amp;job=backup"' in text


def test_one_job_is_shown_alone(museum):
    text = text_of(museum.client("viewer"), "/calendar?job=backup")
    assert 'href="/jobs/backup"' in text
    assert "/jobs/invoice-sync" not in text


@pytest.mark.parametrize("query", ["month=2026-13", "day=tomorrow", "day=0001-01-01", "job=nope"])
def test_what_cannot_be_read_is_told_and_the_month_is_shown(museum, query):
    words = words_of(text_of(museum.client("viewer"), f"/calendar?{query}"))
    assert "November 2026" in words
    assert any(told in words for told in ("is none: write", "years are", "No job named"))


def test_a_token_of_some_jobs_is_told_of_theirs_alone(museum):
    secret = museum.token("calendar-of-db", Role.VIEWER, jobs=("backup",))
    for path in ("/calendar", "/calendar?day=2026-11-20"):
        text = text_of(museum.client(secret=secret), path)
        assert "backup" in text
        assert "invoice-sync" not in text

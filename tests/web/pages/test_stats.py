"""The page of figures: what the runs of each job came to."""

import re

import pytest

from jobrunner.model.access import Role
from tests.web.pages.sight import text_of, words_of
from tests.web.shared import ran_on, shared_house


@pytest.mark.parametrize("role", Role)
def test_each_job_has_its_counts_and_what_a_success_takes(museum, role):
    words = words_of(text_of(museum.client(role), "/stats"))
    assert "report-daily 9 100 % 0 0 2m 04s 2m 54s 2m 54s" in words


def test_what_gets_slower_is_told_above_the_table(museum):
    text = text_of(museum.client("viewer"), "/stats")
    assert "health-ping is getting slower: p50 up 28% in 15 days." in words_of(text)
    assert "what a success took: 0.2s at first, 0.3s of late" in text


def test_what_went_wrong_leads_to_those_runs(museum):
    text = text_of(museum.client("viewer"), "/stats?job=backup")
    link = re.search(r'href="(/runs\?job=backup[^"]*)"[^>]*>3<', text)[1].replace("&amp;", "&")
    assert "failed" in words_of(text_of(museum.client("viewer"), link))


@pytest.mark.parametrize("query", ["since=soon", "job=nope"])
def test_what_cannot_be_read_is_told_beside_its_field(museum, query):
    assert 'aria-invalid="true"' in text_of(museum.client("viewer"), f"/stats?{query}")


def test_a_token_of_some_jobs_is_told_of_theirs_alone(museum):
    secret = museum.token("stats-of-db", Role.VIEWER, jobs=("backup",))
    text = text_of(museum.client(secret=secret), "/stats")
    assert "backup" in text
    assert "invoice-sync" not in text


def test_where_hosts_share_the_ledger_each_has_its_figures_below(ledger, tmp_path):
    fleet = shared_house(tmp_path, ledger)
    ran_on(fleet, "web-1", "hello")
    address = "/stats?since=2026-11-01"
    assert "By host" not in text_of(fleet.client("viewer"), f"{address}&job=hello")
    ran_on(fleet, "<b>x</b>", "backup")
    text = text_of(fleet.client("operator"), address)
    assert "By host" in text
    assert "web-1 1 100 % 0 0 2m 00s 2m 00s" in words_of(text)
    assert "<b>x</b>" not in text
    secret = fleet.token("of-hello", Role.VIEWER, jobs=("hello",))
    assert "By host" not in text_of(fleet.client(secret=secret), address)

"""The page of runs: what is asked for in its address, and nothing else."""

import re

import pytest

from jobrunner.model.access import Role
from tests.web.pages.sight import PAGE, text_of, words_of

ROW = re.compile(r'<a class="run" data-open href="/runs/(\d+)">')


def numbers(text):
    """The runs that a page lists, in its order."""
    return [int(number) for number in ROW.findall(text)]


@pytest.mark.parametrize("role", Role)
def test_everybody_who_is_signed_in_sees_the_newest_runs(museum, role):
    found = numbers(text_of(museum.client(role), "/runs"))
    assert len(found) == 50
    assert {6420, 6421, 6422} < set(found)


def test_states_may_be_named_one_by_one_or_together(museum):
    client = museum.client("viewer")
    one_by_one = text_of(client, "/runs?state=failed&state=timeout&state=lost&since=24h")
    together = text_of(client, "/runs?state=failed,timeout,lost&since=24h")
    assert numbers(one_by_one) == numbers(together) != []
    assert '<option value="failed,timeout,lost" selected>' in together


def test_a_field_left_empty_asks_for_nothing(museum):
    client = museum.client("viewer")
    empty = "/runs?job=&state=&trigger=&tag=&since=&until="
    assert numbers(text_of(client, empty)) == numbers(text_of(client, "/runs"))


def test_a_job_and_a_tag_have_both_to_fit(museum):
    client = museum.client("viewer")
    assert numbers(text_of(client, "/runs?job=backup&tag=db"))
    assert "No run is like that." in text_of(client, "/runs?job=certbot&tag=db")


def test_slots_that_did_not_run_are_one_row_with_their_reason(museum):
    words = words_of(text_of(museum.client("viewer"), "/runs?state=missed"))
    assert "missed 4 slots cleanup-tmp Tue 17 Nov 20:15 to Tue 17 Nov 23:15" in words
    assert "no tick ran" in words


def test_older_runs_are_a_link_away_and_keep_what_was_asked(museum):
    client = museum.client("viewer")
    text = text_of(client, "/runs?job=invoice-sync")
    older = re.search(r'rel="next" href="([^"]+)"', text)[1].replace("&amp;", "&")
    following = numbers(text_of(client, older))
    assert len(following) == 50
    assert max(following) < min(numbers(text))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("since=foo", "is not a time"),
        ("until=2026-02-30", "is not a time on any calendar"),
        ("job=nope", "No job named"),
        ("tag=nope", "No tag named"),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field(museum, query, told):
    text = text_of(museum.client("viewer"), f"/runs?{query}")
    assert 'aria-invalid="true"' in text
    assert told in words_of(text)
    assert numbers(text) == []


@pytest.mark.parametrize("query", ["state=odd", "trigger=moon", "colour=red"])
def test_what_no_field_offers_is_refused(museum, query):
    assert museum.client("viewer").get(f"/runs?{query}", headers=PAGE).status_code in {400, 422}


def test_a_token_of_some_jobs_sees_their_runs_and_tags_alone(museum):
    secret = museum.token("runs-of-db", Role.VIEWER, jobs=("backup",))
    client = museum.client(secret=secret)
    text = text_of(client, "/runs")
    assert set(re.findall(r'<a class="job" href="/jobs/([^"]+)"', text)) == {"backup"}
    assert "invoice" not in text
    assert "No run is like that" not in text
    assert 'aria-invalid="true"' in text_of(client, "/runs?job=invoice-sync")

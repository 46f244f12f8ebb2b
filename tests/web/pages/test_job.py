"""The page of a job tells when it runs and why, how it went, what it is; and what can be asked."""

import re

import pytest

from jobrunner.model.access import Role
from jobrunner.model.run import State
from tests.build import NOON, FakeClock
from tests.engine.report.ledger import DAY, HOUR, ran
from tests.web.house import House
from tests.web.pages.sight import PAGE, text_of, words_of
from tests.web.seed import LONG_NAME

NAMES = ("backup", "invoice-sync", "certbot", "old-import", "reindex", "publish", "sleepy", "fresh")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", [*NAMES, LONG_NAME, "health-ping"])
def test_everybody_who_is_signed_in_sees_it(museum, role, name):
    text = text_of(museum.client(role), f"/jobs/{name}")
    assert ('id="run-title"' in text) == role.covers(Role.OPERATOR)


def test_it_tells_the_next_ten_slots_and_what_a_change_of_clocks_does(museum):
    words = words_of(text_of(museum.client("viewer"), "/jobs/backup"))
    assert "Sat 2026-11-21 02:30 CET in 13h 30m" in words
    assert "Mon 2026-11-30 02:30 CET" in words
    assert "Sun 2027-03-28: 02:30 does not exist that day, runs at 03:00 CEST" in words


def test_times_are_those_of_the_jobs_own_zone(museum):
    text = text_of(museum.client("viewer"), "/jobs/report-daily")
    assert "Mon 2026-11-23 07:00 EST" in words_of(text)
    assert "Times in America/New_York" in text


def test_every_value_is_told_with_where_it_is_set(museum):
    words = words_of(text_of(museum.client("viewer"), "/jobs/backup"))
    assert "timeout 2h per attempt, then SIGTERM, SIGKILL after 10s jobs.toml:" in words
    assert "3 more attempts: after 30s, 1m, 2m jobs.toml:" in words


def test_values_of_variables_are_nowhere(museum):
    text = text_of(museum.client("admin"), "/jobs/backup")
    assert "PGPASSWORD" in text
    assert "hunter2" not in text


def test_a_job_says_why_it_did_not_run(museum):
    text = text_of(museum.client("viewer"), "/jobs/cleanup-tmp?at=2026-11-18 00:15")
    assert "cleanup-tmp was missed at Wed 2026-11-18 00:15 CET" in words_of(text)


@pytest.mark.parametrize("at", ["yesterday", "2026-02-30", "<script>alert(1)</script>"])
def test_a_time_that_is_none_is_told_beside_its_field(museum, at):
    text = text_of(museum.client("viewer"), f"/jobs/backup?at={at}")
    assert 'aria-invalid="true"' in text
    assert "is not a time" in words_of(text)


def test_a_paused_job_says_by_whom_and_offers_to_go_on(museum):
    text = text_of(museum.client("operator"), "/jobs/old-import")
    assert "Paused until Tue 2026-12-01 00:00 CET, by deploy: db1 &lt;script&gt;" in words_of(text)
    assert 'formaction="/jobs/old-import/resume"' in text


def test_declared_parameters_are_fields_of_the_form(museum):
    text = text_of(museum.client("operator"), "/jobs/reindex")
    assert '<select id="param.INDEX" name="param.INDEX"' in text
    assert '<option value="customers">' in text
    assert 'pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}"' in text


def test_what_its_runs_took_is_drawn_and_told_as_a_table(museum):
    text = text_of(museum.client("viewer"), "/jobs/health-ping")
    assert "durations of 100 runs, from " in text
    assert "Durations as a table" in text
    assert "A year as a table" in text
    assert re.search(r"<b>\d+</b> <span>rows</span><svg", text)


def test_a_job_that_never_ran_has_nothing_drawn(museum):
    text = text_of(museum.client("viewer"), "/jobs/fresh")
    assert "It never ran." in text
    assert 'id="durations"' not in text


def test_a_job_that_is_declared_no_more_keeps_its_runs(tmp_path):
    inn = House(tmp_path, clock=FakeClock())
    with inn.scene() as scene:
        ran(scene.store, "old", State.SUCCESS)
    text = text_of(inn.client("admin"), "/jobs/old")
    assert "declared no more" in text
    assert 'href="/runs/1"' in text
    assert "Run it now" not in text


def test_runs_are_told_a_page_at_a_time(museum):
    client = museum.client("viewer")
    first = text_of(client, "/jobs/cleanup-tmp/runs")
    older = first.partition('rel="next" href="')[2].partition('"')[0]
    second = text_of(client, older.replace("&amp;", "&"))
    assert first.count("<tr data-row>") == 50
    assert second != first
    assert 'rel="prev"' in second


def test_the_page_of_runs_ends(tmp_path):
    inn = House(tmp_path, clock=FakeClock())
    with inn.scene() as scene:
        for hours in range(50):
            ran(scene.store, "hello", State.SUCCESS, NOON - DAY - hours * HOUR)
    text = text_of(inn.client("viewer"), "/jobs/hello/runs")
    assert text.count("<tr data-row>") == 50
    assert 'rel="next"' not in text


@pytest.mark.parametrize("name", ["nothing", "%2e%2e", "a%2Fb", "<script>", "%00"])
def test_a_job_that_is_not_there_is_not_found(museum, name):
    assert museum.client("admin").get(f"/jobs/{name}", headers=PAGE).status_code == 404


def test_a_token_of_some_jobs_sees_no_other(museum):
    client = museum.client(secret=museum.token("one", Role.ADMIN, jobs=("cert*",)))
    text_of(client, "/jobs/certbot")
    for path in ("/jobs/backup", "/jobs/backup/runs", "/jobs/backup/backfill"):
        assert client.get(path, headers=PAGE).status_code == 404


def test_all_of_the_page_can_be_sent_without_a_script(museum):
    text = text_of(museum.client("operator"), "/jobs/backup")
    assert text.count("<form") >= 5
    assert 'method="post" action="/jobs/backup/pause"' in text

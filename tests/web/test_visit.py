"""What people come for, done in a real browser before a real supervisor."""

import pytest

from tests.web.api.stage import Stage
from tests.web.browsing import PHONE, THEMES, chromium_at, visiting

JOBS = """
[serve]
allow_edit = true

# The job that everybody watches.
[jobs.grower]
description = "Writes one line, and another when it may"
cron = "0 3 * * *"
command = 'echo "first line"; read line < go; echo "and then $line"'
"""


@pytest.fixture(scope="module")
def browser(chromium):
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path, JOBS.replace("< go", f"< {tmp_path}/go"))
    yield stage
    stage.close()


@pytest.fixture
def visit(browser, stage):
    with visiting(browser, stage.house) as visit:
        yield visit


def test_who_has_a_token_signs_in_and_out(stage, visit):
    page = visit.page(signed_in=False)
    page.goto("/jobs/grower")
    page.get_by_label("Token").fill(stage.house.secrets["operator"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/jobs/grower")
    assert "operator" in page.locator(".who").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Token").wait_for()
    page.goto("/jobs/grower")
    assert "/sign-in" in page.url
    assert page.faults == []


def test_a_token_that_is_none_is_told_so(visit):
    page = visit.page(signed_in=False)
    page.goto("/sign-in")
    page.get_by_label("Token").fill("jr_wrong")
    page.get_by_role("button", name="Sign in").click()
    assert "unknown, expired or revoked" in page.get_by_role("alert").inner_text()


def test_who_runs_a_job_sees_its_log_grow_and_how_it_ends(stage, visit, mkfifo):
    go = mkfifo(stage.house.folder / "go")
    stage.theatre.start()
    page = visit.page()
    page.goto("/jobs/grower")
    page.get_by_role("button", name="Run now").click()
    page.get_by_text("#1").first.wait_for()
    page.goto("/runs/1")
    log = page.locator("[data-log]")
    log.get_by_text("first line").wait_for()
    assert "and then" not in log.inner_text()
    go.write_text("on we go\n")
    log.get_by_text("and then on we go").wait_for()
    page.locator("#run-head").get_by_text("success").first.wait_for()
    assert page.faults == []


def test_a_pause_says_until_when_by_whom_and_why(stage, visit):
    page = visit.page()
    page.goto("/jobs/grower")
    page.get_by_label("For how long").fill("2h")
    page.get_by_label("Why", exact=True).fill("db1 <b>maintenance</b>")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.goto("/jobs/grower")
    shown = page.locator("main").inner_text()
    assert "paused" in shown
    assert "db1 <b>maintenance</b>" in shown
    assert ("admin", "job.pause", "grower", "done") in stage.deeds()
    page.get_by_role("button", name="Resume").first.click()
    page.goto("/jobs/grower")
    assert "maintenance" not in page.locator("main h1").inner_text()


def test_a_job_is_added_by_form_after_its_times_were_seen(stage, visit):
    page = visit.page()
    page.goto("/config/add")
    page.get_by_label("Name", exact=True).fill("tidy")
    page.get_by_label("Command", exact=True).fill("find /tmp -mtime +7 -delete")
    page.get_by_label("Cron expressions").fill("30 2 * * *")
    page.locator("[data-told]").wait_for()
    assert page.locator("#preview .slots li").count() > 2
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/jobs/tidy*")
    text = stage.house.file.read_text()
    assert "# The job that everybody watches." in text
    assert '[jobs.tidy]\ncron = "30 2 * * *"' in text
    assert page.faults == []


@pytest.mark.parametrize("theme", THEMES)
def test_without_script_a_job_is_run_and_paused_all_the_same(stage, visit, theme):
    page = visit.page(javascript=False, theme=theme, viewport=PHONE)
    page.goto("/jobs/grower")
    page.get_by_role("button", name="Run now").click()
    assert "grower" in page.get_by_role("status").first.inner_text()
    page.goto("/jobs/grower")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert "aused" in page.get_by_role("status").first.inner_text()
    assert {each[1] for each in stage.deeds()} >= {"job.run", "job.pause"}

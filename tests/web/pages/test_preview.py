"""The preview of a form, in a real browser: as it is typed, and without script at its button."""

import pytest

from tests.web.browsing import chromium_at, visiting
from tests.web.house import JOBS, House

EDITABLE = f"[serve]\nallow_edit = true\n{JOBS}"


@pytest.fixture(scope="module")
def visit(chromium, tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house"), EDITABLE)
    with chromium_at(chromium) as browser, visiting(browser, house) as visit:
        visit.file = house.file
        yield visit


def test_the_preview_follows_what_is_typed_and_nothing_is_written(visit):
    page = visit.page()
    page.goto("/config/add")
    page.fill("#name", "fresh")
    page.fill("#command", "true")
    page.click("text=every day at")
    page.fill("#daily", "09:30")
    page.wait_for_selector("#preview >> text=At 09:30 every day")
    page.fill("#daily", "25:00")
    page.wait_for_selector("#preview >> text=This cannot be saved")
    assert page.input_value("#name") == "fresh"
    assert (page.faults, visit.file.read_text()) == ([], EDITABLE)


def test_without_script_the_button_shows_it_and_it_is_saved_from_there(visit):
    page = visit.page(javascript=False)
    page.goto("/jobs/hello/edit")
    page.fill("#cron", "5 * * * *")
    page.click("#draft >> text=Preview")
    assert "At minute 5 of every hour" in page.inner_text("#preview")
    page.click("#preview >> text=Save")
    assert "/jobs/hello" in page.url
    assert 'cron = "5 * * * *"' in visit.file.read_text()


def test_what_is_not_chosen_is_out_of_sight_without_script_too(visit):
    page = visit.page(javascript=False)
    page.goto("/jobs/hello/edit")
    assert (page.is_visible("#command"), page.is_visible("#sql")) == (True, False)
    page.click("text=SQL")
    assert (page.is_visible("#command"), page.is_visible("#sql")) == (False, True)

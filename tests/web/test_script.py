"""What the script of the pages does, in a real browser: news, keys, questions, logs."""

import pytest

from tests.build import NOON, FakeClock
from tests.web.browsing import chromium_at, visiting
from tests.web.house import House
from tests.web.seed import JOBS, seed

HERE = "document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house"), JOBS, FakeClock(NOON))
    seed(house)
    return house


@pytest.fixture(scope="module")
def visit(chromium, house):
    with chromium_at(chromium) as browser, visiting(browser, house) as visit:
        yield visit


@pytest.fixture
def page(visit):
    page = visit.page()
    page.goto("/")
    yield page
    assert page.faults == []


def test_j_and_k_move_through_the_rows_and_enter_opens_one(page):
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    name = page.evaluate(HERE)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/jobs/{name}")


def test_a_slash_searches_and_rows_are_found_as_one_types(page):
    page.keyboard.press("/")
    page.keyboard.type("invoice")
    assert page.locator("[data-row]:visible").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("[data-row]:visible").count() > 1


def test_g_and_a_letter_go_to_a_page(page):
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/config")


def test_a_question_mark_shows_the_keys_and_they_can_be_turned_off(page):
    page.keyboard.press("?")
    page.locator("#keys [data-keys]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()


def test_r_asks_before_it_runs_the_job_of_the_row(page):
    page.keyboard.press("j")
    name = page.evaluate(HERE)
    page.keyboard.press("r")
    assert page.locator("#confirm-text").inner_text() == f"Run {name}?"
    page.locator("#confirm button", has_text="Cancel").click()
    assert page.url.endswith("/")


def test_p_leads_to_the_pause_and_l_to_the_log(page):
    page.goto("/jobs/backup")
    page.keyboard.press("p")
    page.wait_for_url("**/jobs/backup#pause")
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("l")
    page.wait_for_url("**/runs/*#log")


def test_news_change_the_page_and_leave_what_is_typed_and_open(page):
    page.locator("#q").fill("back")
    page.evaluate("document.querySelector('#jobs .job').textContent = 'old news'")
    page.evaluate("document.querySelector('#around details').open = true")
    page.evaluate("refresh()")
    page.wait_for_function("!document.body.textContent.includes('old news')")
    assert page.locator("#q").input_value() == "back"
    assert page.locator("#around details").get_attribute("open") is not None


def open_log(page):
    page.locator("#attention .log-link").first.click()
    page.wait_for_selector(".log-tools")


def test_words_are_found_in_an_output(page):
    open_log(page)
    page.locator("[data-find]").fill("error")
    assert page.locator(".found").inner_text() == "1 of 1"
    page.locator("[data-find]").fill("not there")
    assert page.locator(".found").inner_text() == "none"


def test_what_is_written_is_text_whatever_it_says(page):
    open_log(page)
    page.evaluate("""
        const log = new Log(document.querySelector("pre[data-log]"));
        log.add({ pieces: [["a-f1", "<img src=x onerror=alert(1)>"], ['"><b class="', "late"]] });
    """)
    page.wait_for_function("document.querySelector('.log').textContent.endsWith('late')")
    assert page.locator(".log > *:not(span)").count() == 0
    assert page.locator(".log .a-f1").last.inner_text() == "<img src=x onerror=alert(1)>"


def test_lines_are_wrapped_or_not_and_that_is_remembered(page):
    open_log(page)
    page.locator(".log-tools button", has_text="Wrap").click()
    page.reload()
    assert "wraps" not in page.locator(".log").get_attribute("class")


def test_a_server_that_does_not_answer_is_told_of(visit):
    page = visit.page()
    page.goto("/")
    page.route("**/*", lambda route: route.abort())
    page.evaluate("answeredAt = 0; refresh()")
    page.wait_for_selector(".is-stale")
    assert "does not answer" in page.locator("#live").inner_text()

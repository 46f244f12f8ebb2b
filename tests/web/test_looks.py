"""Every page in a real browser: in both themes, on a phone, without script; axe looks it over."""

import re
from http import HTTPStatus

import pytest

from jobrunner.web.pages import ROUTERS
from tests.build import NOON, FakeClock
from tests.web.browsing import DESK, PHONE, THEMES, chromium_at, is_too_wide, violations, visiting
from tests.web.house import House
from tests.web.pages.sight import FORM
from tests.web.seed import JOBS, seed

EDITABLE = "[serve]\nallow_edit = true\n\n"
# Paths without a page to look at.
NO_PAGES = ("/static", "/badge/", "/status.json")
# Who is signed in sees another one.
AT_THE_DOOR = "/sign-in"


def shown():
    """Every path that is a page, with the job and the run of the seed in it."""
    paths = {
        route.path.replace("{name}", "backup").replace("{number}", "1")
        for router in ROUTERS
        for route in router.routes
        if "GET" in route.methods and not route.path.startswith(NO_PAGES)
    }
    return sorted(path for path in paths if "{" not in path)


def brightness(page, part):
    """Of the body of a page: 0 is black, 765 white."""
    colour = page.evaluate(f"getComputedStyle(document.body).{part}")
    return sum(map(int, re.findall(r"[0-9]+", colour)[:3]))


@pytest.fixture(scope="module")
def browser(chromium):
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def visit(browser, tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house"), EDITABLE + JOBS, FakeClock(NOON))
    seed(house)
    # So that there are versions to look at, and a row of the audit.
    change = EDITABLE + JOBS.replace("sync-invoices", "sync-invoices --all")
    headers = {"If-Match": "*", "Content-Type": "application/toml"}
    admin = house.client("admin")
    assert admin.put("/api/v1/config", content=change, headers=headers).is_success
    assert admin.post("/badges/renew", headers=FORM).status_code == HTTPStatus.SEE_OTHER
    with visiting(browser, house) as visit:
        yield visit


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("path", shown())
def test_axe_finds_nothing_wrong_with_a_page(visit, path, theme):
    with visit.look(path, theme=theme, signed_in=path != AT_THE_DOOR) as page:
        assert violations(page) == []
        assert page.faults == []


@pytest.mark.parametrize("path", shown())
def test_a_page_fits_on_a_phone(visit, path):
    with visit.look(path, viewport=PHONE, signed_in=path != AT_THE_DOOR) as page:
        assert not is_too_wide(page)
        assert violations(page) == []


def test_a_long_name_of_who_is_signed_in_fits_on_a_narrow_phone(visit):
    with visit.look("/", viewport={"width": 360, "height": 780}) as page:
        page.locator(".who b").evaluate("name => name.textContent = 'sign-in link '.repeat(3)")
        assert not is_too_wide(page)


@pytest.mark.parametrize("path", shown())
def test_a_page_says_the_same_without_script(visit, path):
    heard = []
    for javascript in (True, False):
        door = {"signed_in": path != AT_THE_DOOR}
        with visit.look(path, viewport=DESK, javascript=javascript, **door) as page:
            heard.append(page.locator("h1").first.inner_text())
    assert heard[0] == heard[1] != ""


@pytest.mark.parametrize("path", ["/nothing-here", "/?colour=red"])
@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_wrong_with_a_page_of_trouble(visit, path, theme):
    with visit.look(path, theme=theme, viewport=PHONE) as page:
        assert violations(page) == []
        assert not is_too_wide(page)


def test_who_likes_it_dark_sees_light_words_on_dark_ground(visit):
    shades = {}
    for theme in THEMES:
        with visit.look("/", theme=theme) as page:
            shades[theme] = [brightness(page, part) for part in ("backgroundColor", "color")]
    assert shades["light"][0] > shades["light"][1]
    assert shades["dark"][0] < shades["dark"][1]

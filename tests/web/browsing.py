"""A real browser: signed in, watched for what it must not do, and looked over by axe."""

import re
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from jobrunner.engine.access import session, token
from jobrunner.web.credential import cookie_of
from tests.web.house import served

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
THEMES = ("light", "dark")
HOUR = timedelta(hours=1)
# Text on a drawing is its table's as well; what axe cannot tell is looked at by eye.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@contextmanager
def chromium_at(path):
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(path), args=[*ARGUMENTS])
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """Somebody with a browser at a house that is served."""

    def __init__(self, browser, house, origin, role="admin"):
        self._browser, self._house, self._origin, self._role = browser, house, origin, role
        self._contexts = []

    @contextmanager
    def look(self, path, *, script="", **more):
        """A window on this path, closed again: an open one asks for news all the time."""
        page = self.page(**more)
        page.add_init_script(script)
        try:
            page.goto(path)
            yield page
        finally:
            page.context.close()
            self._contexts.remove(page.context)

    def page(self, *, theme="light", viewport=DESK, javascript=True, signed_in=True):
        """A new window, in which nothing may go wrong unseen."""
        context = self._browser.new_context(
            color_scheme=theme,
            viewport=viewport,
            java_script_enabled=javascript,
            base_url=self._origin,
        )
        self._contexts.append(context)
        if signed_in:
            context.add_cookies([self._cookie()])
        page = context.new_page()
        page.faults = []
        page.on("console", lambda said: self._heard(page, said))
        page.on("pageerror", lambda error: page.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: page.faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._asked(page, request))
        page.set_default_timeout(20_000)
        return page

    def _heard(self, page, said):
        if said.type in {"error", "warning"}:
            page.faults.append(f"{said.type}: {said.text}")

    def _asked(self, page, request):
        """A page asks its own server, and nobody else."""
        if not request.url.startswith((self._origin, "data:", "about:")):
            page.faults.append(f"request: {request.url}")

    def _cookie(self):
        house = self._house
        with house.scene() as scene:
            now = house.clock.now()
            found = token.find(scene.store, house.secrets[self._role], now=now, address="x")
            secret = session.begin(scene.store, found, now=now, lasts=HOUR, address="x")
        name = cookie_of(house.site, secure=False)
        return {"name": name, "value": secret, "url": self._origin, "httpOnly": True}

    def close(self):
        for context in self._contexts:
            context.close()


@contextmanager
def visiting(browser, house, role="admin"):
    with served(house.app) as origin:
        visit = Visit(browser, house, origin, role)
        try:
            yield visit
        finally:
            visit.close()


def violations(page):
    """What axe finds wrong, in a line each."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]


def is_too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def host_of(url):
    return urlsplit(url).hostname


def plain(path):
    """A path as the name of a test or a picture."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "overview"

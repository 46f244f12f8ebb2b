"""Whatever jobs, users and networks say is shown, and never obeyed."""

from contextlib import contextmanager
from urllib.parse import quote

import pytest
import tomli_w

from jobrunner.engine.access import audit
from jobrunner.model.access import Role
from jobrunner.model.pause import Pause
from jobrunner.model.result import Result, to_text
from jobrunner.model.run import State
from jobrunner.store.value import Launch
from tests.build import NOON, FakeClock
from tests.engine.report.ledger import HOUR, MINUTE, ended, queued, seen
from tests.engine.report.test_letters import post
from tests.web.browsing import chromium_at, visiting
from tests.web.house import House
from tests.web.seed import write

PAYLOADS = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    '"><script>hit()</script>',
    "'><img src=x onerror=hit()>",
    '" onmouseover="hit()" autofocus onfocus="hit()" x="',
    "' onfocus='hit()' autofocus='",
    "`onload=hit()`",
    "javascript:hit()",
    "java\tscript:hit()",
    "data:text/html,<script>hit()</script>",
    "<a href=javascript:hit()>x</a>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=//evil.example><input type=submit autofocus>",
    "</title></textarea></pre></style><script>hit()</script>",
    "<!--<img src=--><img src=x onerror=hit()>-->",
    "<![CDATA[<script>hit()</script>]]>",
    "{{ 7*7 }}{% raw %}{{ hit() }}",
    "${hit()}<%= hit() %>",
    "\x1b]8;;javascript:hit()\x07click\x1b]8;;\x07\x1b[31m<b>red</b>",
    "\u202e<script>hit()</script>\u2028&lt;script&gt;hit()&lt;/script&gt;",
)
WATCH = "window.hits = 0; window.hit = () => { window.hits += 1 }"
LISTS = ("/", "/runs", "/stats", "/gaps", "/alerts", "/load", "/calendar", "/audit", "/tokens")
MORE = ("/config", "/config/edit", "/config/versions", "/badges", "/docs", "/doctor")
FORMS = ("edit", "backfill")
JOBS = [f"job-{number}" for number in range(len(PAYLOADS))]


def printable(text):
    """The payload where control characters are not taken."""
    return "".join(each if each.isprintable() else " " for each in text).strip()


def text_of_all():
    jobs = {}
    for name, payload in zip(JOBS, PAYLOADS, strict=True):
        safe = printable(payload)
        jobs[name] = {
            "description": safe,
            "tags": [safe.replace(",", ";")[:60]],
            "cron": "*/30 * * * *",
            "command": ["echo", payload.replace("{", "{{").replace("}", "}}")],
            "env": {"SHOWN": payload.replace("{", "{{").replace("}", "}}")},
            "params": {"P": {"default": safe, "choices": [safe, "b"], "help": safe}},
        }
    served = {"serve": {"allow_edit": True, "title": PAYLOADS[0]}}
    return tomli_w.dumps(served | {"jobs": jobs})


def haunt(house):
    """Runs, pauses, letters, tokens and deeds that carry a payload wherever they can."""
    with house.scene() as scene:
        store = scene.store
        for name, payload in zip(JOBS, PAYLOADS, strict=True):
            seen(store, scene.config.jobs[name])
            run = queued(store, name, NOON - HOUR)
            output = write(scene.state, run.id, 1, (payload + "\n").encode() * 3)
            launch = Launch(run=run.id, output=output)
            run = store.start([launch], owner="me", host=payload[:60], now=NOON - HOUR)[0]
            result = to_text(Result(message=payload, data={payload: payload}, metrics={payload: 1}))
            told = {"reason": payload, "error": payload, "message": payload, "result": result}
            ended(store, run, State.FAILED, NOON - MINUTE, exit_code=1, output=output, **told)
            audit.note(store, payload[:60], "job.run", payload, payload, address="x", now=NOON)
            pause = Pause(by=printable(payload)[:60], reason=payload, since=NOON)
            store.pause(name, pause if len(name) == len("job-1") else None)
            store.add_token(
                printable(payload)[:60],
                hash=f"{run.id:064x}",
                prefix="jr_12345",
                role=Role.VIEWER,
                jobs=(payload,),
                by=payload,
                now=NOON,
                expires_at=None,
            )
        for letter, payload in zip(post(store, *JOBS), PAYLOADS, strict=True):
            store.pack([[letter.id]], NOON)
            store.undelivered("ops", letter.id, payload, now=NOON, again_at=None)


@pytest.fixture(scope="module")
def browser(chromium):
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def visit(browser, tmp_path_factory):
    house = House(tmp_path_factory.mktemp("haunted"), text_of_all(), FakeClock(NOON))
    haunt(house)
    with visiting(browser, house) as visit:
        yield visit


@contextmanager
def watched(visit, path):
    """The page after it had time to do harm, of which nothing may be seen."""
    with visit.look(path, script=WATCH) as page:
        page.wait_for_load_state("load")
        page.wait_for_function("document.readyState === 'complete'")
        yield page
        assert page.faults == []
        assert page.evaluate("window.hits") == 0


@pytest.mark.parametrize("path", [*LISTS, *MORE])
def test_a_page_of_many_obeys_none_of_them(visit, path):
    with watched(visit, path) as page:
        assert page.locator("h1").first.inner_text()


@pytest.mark.parametrize("name", JOBS)
def test_the_pages_of_a_job_show_what_it_says_and_do_not_obey(visit, name):
    with watched(visit, f"/jobs/{name}") as page:
        assert page.locator("a[href^='javascript'], base, iframe, [onload], [onerror]").count() == 0


@pytest.mark.parametrize("name", JOBS)
def test_a_form_is_filled_with_what_the_file_says_and_does_not_obey(visit, name):
    for form in FORMS:
        with watched(visit, f"/jobs/{name}/{form}") as page:
            assert page.locator("main form, main [form]").count()
            assert page.locator("base, iframe, [onload], [onerror], [onfocus]").count() == 0


@pytest.mark.parametrize("number", range(1, len(PAYLOADS) + 1))
def test_the_page_of_a_run_shows_what_it_wrote_and_does_not_obey(visit, number):
    with watched(visit, f"/runs/{number}") as page:
        assert page.locator("a[href^='javascript'], base, iframe, [onload], [onerror]").count() == 0


@pytest.mark.parametrize("payload", PAYLOADS, ids=JOBS)
def test_what_is_asked_for_in_an_address_is_not_obeyed(visit, payload):
    with watched(visit, f"/?q={quote(payload)}") as page:
        assert page.locator("base, iframe, [onload], [onerror]").count() == 0

"""Pages from templates: nothing that others say becomes markup, in whatever macro or drawing."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import chain
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from jobrunner.web.asset import ASSETS
from jobrunner.web.draw.badge import badge
from jobrunner.web.draw.columns import columns
from jobrunner.web.draw.durations import Level, Point, durations
from jobrunner.web.draw.heat import heat
from jobrunner.web.draw.spark import sparkline
from jobrunner.web.draw.strip import strip
from jobrunner.web.draw.timeline import Row, timeline
from jobrunner.web.page import Frame
from jobrunner.web.render import ENVIRONMENT, percent, prepare, took
from tests.build import NOON

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "]]><script>alert(1)</script>",
    "<details open ontoggle=alert(1)>",
    "<math><mi//xlink:href='javascript:alert(1)'>",
    "<body onload=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{ 7 * 7 }}{% raw %}",
    "<style>*{background:url(//evil)}</style>",
    "<meta http-equiv=refresh content='0;url=//evil'>",
    "<form action=//evil><button>",
    "\x1b]8;;javascript:alert(1)\x07<b>click</b>\x1b]8;;\x07",
    "<\x00script>alert(1)</script>\u202e",
)
# Every macro with its text in every place of it.
MACROS = """
{% import "part/run.html" as run with context %}
{% import "part/time.html" as time with context %}
{% import "part/frame.html" as frame with context %}
{% import "part/form.html" as form with context %}
{% import "part/table.html" as table with context %}
{% import "part/jobs.html" as jobs with context %}
{{ run.icon(x) }}{{ run.state(x) }}{{ run.state("failed", x) }}{{ run.job(x) }}{{ run.run(x) }}
{{ run.log(x, x) }}{{ run.tags([x]) }}{{ time.moment(none, x) }}{{ time.took(none, 3) }}
{% call frame.heading(x, x, x) %}{{ x }}{% endcall %}
{% call frame.panel("id", x, x, x) %}{{ x }}{% endcall %}
{% call frame.card("failed") %}{{ x }}{% endcall %}
{{ frame.notice(x) }}{{ frame.figure(x, x, x, "failed", href(x)) }}
{% call frame.figures() %}{{ x }}{% endcall %}
{{ frame.tabs([(x, href(x), true)], x) }}{{ frame.empty(x, x) }}
{{ frame.code(x, x) }}
{{ table.head([x, (x, "number")]) }}{{ table.figures_of(x, [x], [[x, x]]) }}
{{ table.pager(href(x), href(x), x) }}
{{ form.button(x, href(x), confirm=x, about=x, name=x, value=x) }}{{ form.link(x, href(x)) }}
{{ form.field(x, x, x, hint=x, error=x, placeholder=x, pattern=x, list=[x]) }}
{{ form.area(x, x, x, x, x) }}{{ form.select(x, x, [x, (x, x)], x, x) }}{{ form.checkbox(x, x) }}
{% call form.filters(href(x, q=x), x, href(x)) %}{{ x }}{% endcall %}
{{ jobs.jobs(rows) }}
"""


class Seen(HTMLParser):
    """The elements and attributes that a browser would make of it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def page(**more):
    return Frame(**({"title": "Overview", "now": NOON, "zone": "UTC"} | more))


def row(text):
    return SimpleNamespace(
        name=text, status=text, tags=[text], description=text, schedule=text, schedule_text=text,
        cron=[text], last_run=None, next_run_at=NOON, paused=True, paused_until=None,
        p50_seconds=None, p95_seconds=None, consecutive_failures=2, strip=strip([(text, 1.0)]),
    )  # fmt: skip


def made(text):
    """All macros and all drawings, with the text wherever there is one."""
    visitor = SimpleNamespace(name=text, role=text)
    frame = page(
        title=text, host=text, zone=text, notice=text, visitor=visitor, may=lambda _role: True
    )
    values = {"page": frame, "x": text, "rows": [row(text)]}
    yield ENVIRONMENT.from_string(MACROS).render(values)
    yield ENVIRONMENT.get_template("base.html").render(values)
    yield strip([(text, 1.0)])
    yield sparkline([1.0], text)
    soon = NOON + timedelta(hours=1)
    yield timeline([Row(name=text, link=text, runs=[(NOON, soon, text)])], NOON, soon, NOON)
    yield durations([Point(1.0, text, "/runs/1", text)], [Level(1.0, text)])
    yield heat([(text, [1])], text)
    yield columns([1], text, [text])
    yield badge(text, text)


HARMLESS = [Seen(text) for text in made("harmless")]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_others_say_is_never_markup(payload):
    for text, harmless in zip(made(payload), HARMLESS, strict=True):
        seen = Seen(text)
        assert seen.tags == harmless.tags
        assert [name for name, _ in seen.attributes] == [name for name, _ in harmless.attributes]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_link_leads_to_a_script(payload):
    links = chain.from_iterable(
        (value for name, value in Seen(text).attributes if name in {"action", "formaction"})
        for text in made(payload)
    )
    assert all(link.startswith(("/", "#")) for link in links)


def test_nothing_asks_for_more_than_the_policy_allows():
    for seen in HARMLESS:
        names = {name for name, _ in seen.attributes}
        assert "style" not in names
        assert not [name for name in names if name.startswith("on")]


def test_a_value_that_is_missing_is_an_error_and_no_gap():
    with pytest.raises(UndefinedError):
        ENVIRONMENT.from_string("{{ nothing }}").render(page=page())


def test_every_template_compiles():
    prepare()


def test_the_title_tells_of_trouble():
    shown = ENVIRONMENT.get_template("base.html").render(page=page(trouble=2, host="web-1"))
    assert "<title>(2) Overview – jobrunner web-1</title>" in shown  # noqa: RUF001
    assert "trouble.svg" in shown


def test_links_begin_with_the_base_and_quote_what_they_are_made_of():
    text = '{{ href("jobs", "a/b?c", q="x y", none="") }}'
    shown = ENVIRONMENT.from_string(text).render(page=page(base_path="/cron"))
    assert shown == "/cron/jobs/a%2Fb%3Fc?q=x+y"


def test_a_static_file_is_named_with_what_it_holds():
    shown = ENVIRONMENT.from_string('{{ static_url("style.css") }}').render(page=page())
    assert shown == f"/static/style.css?v={ASSETS['style.css'].version}"


@pytest.mark.parametrize("name", ASSETS)
def test_static_files_ask_nobody_else(name):
    assert not re.search(rb"https?://(?!www\.w3\.org/)|@import|['\"(]//", ASSETS[name].body)


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (1.0, "100 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (0.5, "50 %")],  # noqa: RUF001
)
def test_only_what_is_whole_is_told_as_everything(share, text):
    assert percent(share) == text


def test_a_duration_may_be_seconds_or_missing():
    assert [took(90), took(timedelta(hours=1)), took(None)] == ["1m 30s", "1h 00m", "–"]  # noqa: RUF001

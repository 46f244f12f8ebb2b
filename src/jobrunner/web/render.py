"""Pages from templates: everything that is not markup of ours is escaped, whoever it comes from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from jobrunner.config.spelling import shown
from jobrunner.engine.report.moment import age, coming, dated, near, whole
from jobrunner.engine.report.words import readable
from jobrunner.model.run import FAILURES
from jobrunner.web.asset import ASSETS
from jobrunner.web.page import NAVIGATION, Frame
from jobrunner.words import numbered, short

FOLDER = Path(__file__).parent / "templates"
NONE = "–"  # noqa: RUF001 - wide enough to be seen
MINUTE = 60


def render(template: str, **values: object) -> str:
    """The page that this template makes of these values; `page` is one of them."""
    return ENVIRONMENT.get_template(template).render(values)


def prepare() -> None:
    """Compile every template, so that an upgrade beneath a running server changes nothing."""
    for name in ENVIRONMENT.list_templates():
        ENVIRONMENT.get_template(name)


@pass_context
def href(context: Context, *parts: object, **query: object) -> str:
    """The path of a page: each part quoted, and what of the query has a value."""
    path = "/".join(quote(str(part), safe="") for part in parts)
    asked = {name: value for name, value in query.items() if value not in (None, "", False)}
    return f"{_page(context).base_path}/{path}" + (f"?{urlencode(asked, doseq=True)}" * bool(asked))


@pass_context
def static_url(context: Context, name: str) -> str:
    """Where a static file is; the digest in it lets browsers keep it for a year."""
    return f"{_page(context).base_path}/static/{name}?v={ASSETS[name].version}"


def _page(context: Context) -> Frame:
    page: Frame = context["page"]
    return page


@pass_context
def near_filter(context: Context, moment: datetime) -> str:
    now = _page(context).now
    return near(moment, now, _zone(now))


@pass_context
def dated_filter(context: Context, moment: datetime) -> str:
    now = _page(context).now
    return dated(moment, now, _zone(now))


@pass_context
def whole_filter(context: Context, moment: datetime) -> str:
    """The instant in full, in the zone of the page and in UTC."""
    here = whole(moment, _zone(_page(context).now))
    return here if here.endswith("UTC") else f"{here} = {moment.astimezone(UTC):%H:%M:%S} UTC"


@pass_context
def exact_filter(context: Context, moment: datetime) -> str:
    """The instant to the second where that says anything, in the zone of the page."""
    return whole(moment, _zone(_page(context).now))


@pass_context
def ago_filter(context: Context, moment: datetime) -> str:
    return f"{age(_page(context).now - moment)} ago"


@pass_context
def lasting_filter(context: Context, moment: datetime) -> str:
    return short(_page(context).now - moment)


@pass_context
def coming_filter(context: Context, moment: datetime) -> str:
    now = _page(context).now
    return coming(moment, now, _zone(now))


def _zone(now: datetime) -> Any:
    return now.tzinfo or UTC


def iso(moment: datetime) -> str:
    """An instant for programs, in UTC and to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def took(length: timedelta | float | None) -> str:
    """A duration, or seconds, as a table has it."""
    if length is None:
        return NONE
    return short(length if isinstance(length, timedelta) else timedelta(seconds=length))


def size(number: int | None) -> str:
    return NONE if number is None else readable(number)


def count(number: float | None) -> str:
    """A number with its thousands apart."""
    return NONE if number is None else f"{number:,}"


def rounded(number: float) -> str:
    """A number as it is read, and not as it is added up."""
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"  # noqa: PLR2004


def percent(share: float | None) -> str:
    """A share of 1 as people read it; only what is whole is told as 100 %."""
    if share is None:
        return NONE
    exact = 100 * share
    if 0 < exact < 100:  # noqa: PLR2004 - of a hundred
        exact = min(max(exact, 0.1), 99.9)
    return f"{exact:.1f}".removesuffix(".0") + " %"


def plain(text: object) -> str:
    """Text with nothing in it that hides or turns what stands beside it."""
    return shown(str(text))


def plain_lines(text: str) -> str:
    """The same of text that has several lines."""
    return "\n".join(plain(line) for line in text.splitlines())


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals |= {
        "NAVIGATION": NAVIGATION,
        "NONE": NONE,
        "href": href,
        "static_url": static_url,
    }
    made.filters |= {
        "ago": ago_filter,
        "coming": coming_filter,
        "count": count,
        "dated": dated_filter,
        "exact": exact_filter,
        "iso": iso,
        "lasting": lasting_filter,
        "near": near_filter,
        "numbered": numbered,
        "percent": percent,
        "plain": plain,
        "plain_lines": plain_lines,
        "rounded": rounded,
        "size": size,
        "took": took,
        "whole": whole_filter,
    }
    made.tests["trouble"] = FAILURES.__contains__
    return made


ENVIRONMENT = _environment()

"""For who watches this server: whether it lives, whether it is ready, and figures to plot."""

from datetime import timedelta

from fastapi import APIRouter, Request
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.report import metrics
from jobrunner.engine.scene import host_of
from jobrunner.engine.ticks import last_tick
from jobrunner.errors import JobrunnerError
from jobrunner.web.answer import fresh, reply
from jobrunner.web.call import Viewer
from jobrunner.web.contract import answers, text
from jobrunner.web.site import UNREADABLE, Site, site_of
from jobrunner.words import short

router = APIRouter(tags=["health"])
# A tick is due every minute; one may be slow, and one be left out.
LATE = timedelta(minutes=3)
DAY = timedelta(days=1)
UNREADY = 503
OPEN = "application/openmetrics-text"
BY_ACCEPT = {"Vary": "Accept, Cookie, Authorization"}


class Health(Struct, frozen=True, kw_only=True):
    """Whether the server can do its work, and in words why not."""

    ready: bool
    problems: tuple[str, ...] = ()


@router.get(
    "/healthz", operation_id="check_life", responses=answers(Health, "It answers", public=True)
)
def live(request: Request) -> Response:
    """Tell that the server lives, and nothing else."""
    return reply(request, Health(ready=True))


@router.get(
    "/readyz",
    operation_id="check_readiness",
    responses=answers(Health, "All is well", public=True, also={UNREADY: Health}),
)
def ready(request: Request) -> Response:
    """Tell whether the ledger can be read and ticks come; if not, what is the matter."""
    problem = trouble(site_of(request))
    told = Health(ready=not problem, problems=(problem,) if problem else ())
    return reply(request, told, status=UNREADY if problem else 200)


@router.get(
    "/metrics", operation_id="read_metrics", responses=text("The figures", "text/plain", OPEN)
)
def figures(call: Viewer) -> Response:
    """Give the figures of all jobs to Prometheus, or in OpenMetrics to who accepts that."""
    config = call.scene.config
    watch = metrics.Watch(host=host_of(config.settings), problem=call.problem)
    families = metrics.see_metrics(call.scene.store, config, watch, call.now)
    if OPEN in call.request.headers.get("accept", ""):
        told = metrics.openmetrics(families, config)
        return fresh(call.request, told.encode(), metrics.OPENMETRICS_TYPE, headers=BY_ACCEPT)
    told = metrics.text(families, config)
    return fresh(call.request, told.encode(), metrics.TEXT_TYPE, headers=BY_ACCEPT)


def trouble(site: Site) -> str:
    """What is the matter, without a word on where things are."""
    now = site.clock.now()
    try:
        with site.open() as (scene, _):
            at = last_tick(scene.store, now, DAY)[0]
    except JobrunnerError:
        return UNREADABLE
    if at is None:
        return "No tick has come yet, or for a day."
    if now - at > LATE:
        return f"No tick has come for {short(now - at)}."
    return ""

"""The time ahead: how many runs at once, where they meet, which minutes are full."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.engine.figures.load import MEANS, Load
from jobrunner.web.call import Viewer
from jobrunner.web.draw.columns import columns
from jobrunner.web.draw.heat import heat
from jobrunner.web.outlook import load_of
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.typed import Typed, Word

router = APIRouter(include_in_schema=False)
QUARTER = timedelta(days=92)
WEEK = timedelta(days=7)
SPANS = ("24h", "7d", "30d", "90d")
SHOWN = 20  # sentences of each kind
CAPTION = "The most runs at once in each hour of the week"


@router.get("/load")
def read(call: Viewer, *, within: Word = "") -> Response:
    """Show how full the time ahead is."""
    typed = Typed(call, "within")
    far = typed.distance("within", within, QUARTER) or WEEK
    found = load_of(call, far)
    return show(
        call,
        "load.html",
        title="Load",
        nav="load",
        refresh=False,
        within=within.strip() or "7d",
        spans=SPANS,
        wrong=typed.wrong,
        load=found,
        peak=max((hour or 0 for day in found.weekdays for hour in day.hours), default=0),
        heat=heat([(day.name, day.hours) for day in found.weekdays], CAPTION),
        minutes=_minutes(found),
        full=max(found.minutes, default=0),
        means=MEANS,
        shown=SHOWN,
    )


def _minutes(found: Load) -> str:
    names = [f"minute {minute:02}" for minute in range(len(found.minutes))]
    return columns(found.minutes, "The most starts at once in each minute of the hour", names)

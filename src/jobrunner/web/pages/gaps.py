"""What did not happen: slots that did not run, and times in which nobody looked at the clock."""

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.figures.gaps import Gaps, cost, see_gaps, silent_for
from jobrunner.web.call import Viewer
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.typed import Typed, Word, proposed

router = APIRouter(include_in_schema=False)
WEEK = "7d"
SHOWN = 200  # stretches: who has more of them asks for a shorter time
SPANS = ("24h", WEEK, "30d", "90d")


@router.get("/gaps")
def read(call: Viewer, *, job: Word = "", since: Word = "") -> Response:
    """Show what did not happen since then, newest first."""
    typed = Typed(call, "job", "since")
    name, begins = typed.job(job), typed.since(since, WEEK)
    found = Gaps((), ever_ticked=True)
    if begins is not None and not typed.is_wrong:
        names = (name,) if name else call.names()
        found = see_gaps(call.scene, names, begins, call.now, host_zone().info)
    stretches = found.stretches[::-1]
    slots = [one for one in stretches if one.job is not None]
    return show(
        call,
        "gaps.html",
        title="Gaps",
        nav="gaps",
        job=job.strip(),
        since=since.strip() or WEEK,
        spans=SPANS,
        wrong=typed.wrong,
        is_wrong=typed.is_wrong,
        begins=begins,
        stretches=stretches[:SHOWN],
        more=len(stretches) - len(stretches[:SHOWN]),
        missed=sum(one.missed for one in slots),
        skipped=sum(one.skipped for one in slots),
        silent=silent_for(stretches),
        silences=len(stretches) - len(slots),
        ever_ticked=found.ever_ticked,
        cost=cost,
        jobs=proposed(call),
    )

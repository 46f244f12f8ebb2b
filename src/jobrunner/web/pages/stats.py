"""What the runs of each job came to: how many, how they ended, how long, and whether that grows."""

from datetime import UTC, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from markupsafe import Markup
from msgspec.structs import asdict
from starlette.responses import Response

from jobrunner.engine.figures.stats import Figures, growth, see_stats
from jobrunner.web.call import Call, Viewer
from jobrunner.web.draw.spark import sparkline
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.typed import Typed, proposed
from jobrunner.words import short

router = APIRouter(include_in_schema=False)
MONTH = "30d"
SPANS = ("7d", MONTH, "90d", "365d")
SHOWN = 200  # jobs on one page
SUMMED = ("runs", "success", "failed", "timeout", "stopped", "lost", "missed", "cpu_seconds")

Word = Annotated[str, Query(max_length=200)]


@router.get("/stats")
def read(
    call: Viewer,
    *,
    job: Word = "",
    since: Word = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show the figures of each job since then."""
    typed = Typed(call, "job", "since")
    name, begins = typed.job(job), typed.since(since, MONTH)
    found: list[Figures] = []
    if begins is not None and not typed.is_wrong:
        every = see_stats(call.scene, [name] if name else [], begins.astimezone(UTC), call.now)
        found += [one for one in every if call.sees(one.job)]
    return show(
        call,
        "stats.html",
        title="Stats",
        nav="stats",
        job=job.strip(),
        since=since.strip() or MONTH,
        spans=SPANS,
        wrong=typed.wrong,
        is_wrong=typed.is_wrong,
        slower=[(one.job, told) for one in found if (told := growth(one, call.now))],
        sums={each: sum(getattr(one, each) for one in found) for each in SUMMED},
        begins=found[0].since if found else None,
        rows=[_row(call, one) for one in found[(page - 1) * SHOWN : page * SHOWN]],
        number=page,
        pages=-(-len(found) // SHOWN),
        are_exact=all(one.exact for one in found),
        jobs=proposed(call),
    )


def _row(call: Call, one: Figures) -> dict[str, Any]:
    """The figures of a job, what it took over the time drawn, and whether it is declared still."""
    return asdict(one) | {
        "drawn": _drawn(one),
        "slower": growth(one, call.now),
        "is_declared": one.job in call.scene.config.jobs,
    }


def _drawn(one: Figures) -> Markup | None:
    """A line from what a success took at first to what it takes now."""
    known = [seconds for seconds in one.recent_seconds if seconds is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    first, last = (short(timedelta(seconds=seconds)) for seconds in (known[0], known[-1]))
    return sparkline(known, f"what a success took: {first} at first, {last} of late")

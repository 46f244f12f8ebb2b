"""The first page: what needs somebody, the host in numbers, the time around now, the jobs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from msgspec.structs import asdict
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.agenda import pause_of
from jobrunner.engine.report.board import PAGE, see_board
from jobrunner.engine.report.line import Line
from jobrunner.engine.report.look import supervisor_of
from jobrunner.engine.report.timeline import Lane, Timeline
from jobrunner.store.value import EVERY_JOB
from jobrunner.web.call import Call, Viewer
from jobrunner.web.draw.strip import Bar, strip
from jobrunner.web.draw.timeline import Row, Stretch, timeline, told
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.order import job_path
from jobrunner.web.pages.typed import PageNumber, Word

router = APIRouter(include_in_schema=False)
PATIENCE = 0.5  # seconds for a supervisor to say that he is awake


@router.get("/")
def read(call: Viewer, q: Word = "", page: PageNumber = 1) -> Response:
    """Show the host, and of its jobs those that have all these words."""
    scene = call.scene
    board = see_board(
        scene,
        call.now,
        supervisor=supervisor_of(scene.state, PATIENCE),
        problem=call.problem,
        sees=call.sight,
        q=q,
        page=page,
    )
    rows = [row_of(call, lane) for lane in board.timeline.lanes if lane.past or lane.ahead]
    here = call.now.astimezone(host_zone().info)
    held = pause_of(EVERY_JOB, scene.store.health(), call.now)
    return show(
        call,
        "overview.html",
        title="",
        nav="overview",
        board=board,
        q=q,
        number=page,
        pages=-(-board.lines.total // PAGE),
        jobs=[_line(line) for line in board.lines.jobs],
        timeline=timeline(rows, board.timeline.since, board.timeline.until, here),
        lanes=[(row.name, told(row)) for row in rows],
        states=_states(board.timeline),
        held=held if held and held.holds(call.now) else None,
        every_job=not call.visitor.jobs,
    )


def row_of(call: Call, lane: Lane) -> Row:
    """A lane as it is drawn: what stands alone, and what is told as one."""
    many = [Stretch(one.since, one.until, one.state, one.runs) for one in lane.past if one.runs > 1]
    many += [Stretch(one.since, one.until, None, one.slots) for one in lane.ahead if one.slots > 1]
    return Row(
        name=lane.job,
        link=f"{call.base}{job_path(lane.job)}",
        runs=[(one.since, one.until, one.state) for one in lane.past if one.runs == 1],
        slots=[one.since for one in lane.ahead if one.slots == 1],
        stretches=many,
    )


def _line(line: Line) -> dict[str, Any]:
    """A job as a row of the table, its last runs drawn."""
    bars = tuple((brief.state.value, brief.seconds) for brief in line.strip)
    return asdict(line) | {"strip": _drawn(bars)}


@lru_cache(maxsize=2000)
def _drawn(bars: tuple[Bar, ...]) -> Markup:
    """Kept for who looks again: in a few seconds, few jobs have run."""
    return strip(bars)


def _states(found: Timeline) -> Sequence[str]:
    """The states that are drawn, each once, for the legend."""
    return sorted({one.state for lane in found.lanes for one in lane.past})

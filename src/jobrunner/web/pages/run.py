"""The page of a run: how it went, attempt by attempt, and what it wrote."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from jobrunner.config.zone import zone_of
from jobrunner.engine.past import tell
from jobrunner.engine.past.course import see_course
from jobrunner.model.run import Attempt, Run
from jobrunner.web.call import Viewer
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.output import Output, output_of
from jobrunner.web.pages.row import asked_for
from jobrunner.web.problem import RefusedError
from jobrunner.web.subject import RunNumber, run_of

router = APIRouter(include_in_schema=False)
LONGEST = 20_000  # characters of what a job left as data

Number = Annotated[int | None, Query(ge=1)]


@router.get("/runs/{number}")
def read(call: Viewer, number: RunNumber, attempt: Number = None) -> Response:
    """Show one run, with the output of one of its attempts: the last, if none is named."""
    run = run_of(call, number)
    course = see_course(call.scene, run, call.site.clock)
    chosen = _chosen(course.attempts, attempt)
    zone = zone_of(course.declared)
    return show(
        call,
        "run.html",
        title=f"{run.job} #{run.id}",
        nav="runs",
        zone=zone,
        run=run,
        course=course,
        attempt=chosen,
        told=chosen or run,
        asked_for=asked_for(call, run, zone.info),
        how=tell.exit_of(chosen or run),
        result=tell.result(run),
        beyond=tell.beyond(chosen or run),
        output=output_of(call.scene, run, chosen) if chosen else Output(missing=_unbegun(run)),
        data=_data(course.result.data),
        follows=course.follows if course.follows and call.sees(course.follows.job) else None,
    )


def _chosen(attempts: Sequence[Attempt], number: int | None) -> Attempt | None:
    if number is None:
        return attempts[-1] if attempts else None
    if number > len(attempts):
        raise RefusedError("not-found", f"There is no attempt {number}.")
    return attempts[number - 1]


def _unbegun(run: Run) -> str:
    if run.state.is_live:
        return "It has not begun yet."
    return "It never began, and so it wrote nothing."


def _data(data: Any) -> str:
    """What the job left for others, laid out to be read."""
    if data is None:
        return ""
    text = msgspec.json.format(msgspec.json.encode(data)).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… (cut)"

"""Runs as other schedulers have them: started and waited for, page by page, of the last hours."""

import math
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.actions import ask
from jobrunner.engine.order import RunOrder
from jobrunner.engine.past.choose import RAN
from jobrunner.engine.past.rows import Wanted, runs
from jobrunner.model.run import Trigger
from jobrunner.web.answer import reply
from jobrunner.web.asking import rung
from jobrunner.web.call import Call, Operator, Viewer
from jobrunner.web.compat.meant import Named, meant
from jobrunner.web.compat.shape import (
    Accepted,
    ExecutionPage,
    PageMeta,
    RecentExecutions,
    Triggered,
)
from jobrunner.web.compat.view import executions
from jobrunner.web.compat.waiting import LONGEST, Waiting
from jobrunner.web.contract import answers, body_of, takes
from jobrunner.web.deed import deed
from jobrunner.web.subject import JobName

router = APIRouter(prefix="/api/compat", tags=["compat"])

YEAR = 8784  # hours
MOST = 1000
MOST_PAGES = 1_000_000
FEW, MANY = 20, 100

Wait = Annotated[
    float,
    Query(ge=0, le=LONGEST, description="Seconds to wait for the end of the run; 0: not at all."),
]


class TriggerWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters of the run, as the job declares them."""

    params: Mapping[str, str] = {}


PLAIN = TriggerWanted()
Body = Annotated[TriggerWanted, Depends(body_of(TriggerWanted, default=PLAIN))]
ENDED = answers(Triggered, "It has ended", problems=(409, 415), also={202: Accepted})
TAKES = takes(TriggerWanted, {"params": {}}, required=False)


@router.post("/jobs/{name}/trigger", responses=ENDED, openapi_extra=TAKES)
def trigger_job(call: Operator, name: JobName, wanted: Body, wait: Wait = LONGEST) -> Response:
    """Run a job, and answer when the run has ended, with its result.

    If that takes longer than `wait`, the answer is 202, and `Location` tells where to look.
    """
    return _ordered(call, call.require(name), wanted, wait)


@router.post("/force-execute", responses=ENDED, openapi_extra=TAKES)
def force_execute(
    call: Operator, wanted: Body, named: Named = "", wait: Wait = LONGEST
) -> Response:
    """Run the job now, whenever it is due, and answer when the run has ended."""
    return _ordered(call, meant(call, named).name, wanted, wait)


@router.post("/run-now", responses=ENDED, openapi_extra=TAKES)
def run_now(call: Operator, wanted: Body, named: Named = "", wait: Wait = LONGEST) -> Response:
    """Run the job now, and answer when the run has ended."""
    return _ordered(call, meant(call, named).name, wanted, wait)


@router.get("/jobs/{name}/history", responses=answers(ExecutionPage, "A page of them"))
def list_executions_of_job(
    call: Viewer,
    name: JobName,
    *,
    page: Annotated[int, Query(ge=1, le=MOST_PAGES, description="Which page.")] = 1,
    limit: Annotated[int, Query(ge=1, le=MANY, description="How many on a page.")] = FEW,
) -> Response:
    """List the runs of a job, newest first; slots that did not run are none."""
    job = call.require_known(name)
    total, found = call.scene.store.executions(job, skip=(page - 1) * limit, limit=limit)
    meta = PageMeta(page=page, limit=limit, total_items=total, total_pages=math.ceil(total / limit))
    told = f"{total:,} executions of {job}"
    value = ExecutionPage(message=told, data=executions(call.scene, found), meta=meta)
    return reply(call.request, value)


RECENT = answers(RecentExecutions, "The newest ones")
Hours = Annotated[int, Query(ge=1, le=YEAR, description="Of so many hours.")]


@router.get("/executions/recent", responses=RECENT)
def list_recent_executions(call: Viewer, hours: Hours = 24) -> Response:
    """List what ran lately, of every job, newest first: at most 1,000 runs."""
    return _recent(call, hours)


@router.get("/jobs/executions/recent", responses=RECENT)
def list_recent_executions_of_jobs(call: Viewer, hours: Hours = 24) -> Response:
    """List the same, for whom everything lies below the list of jobs."""
    return _recent(call, hours)


def _recent(call: Call, hours: int) -> Response:
    since = call.now - timedelta(hours=hours)
    wanted = Wanted(jobs=call.names(), states=RAN, since=since)
    found = [*islice(runs(call.scene.store, wanted, MOST), MOST)]
    told = f"{len(found):,} executions in {hours} hours"
    return reply(call.request, RecentExecutions(message=told, data=executions(call.scene, found)))


def _ordered(call: Call, job: str, wanted: TriggerWanted, wait: float) -> Response:
    order = RunOrder(trigger=Trigger.API, params=wanted.params)
    with deed(call, "job.run", job) as note:
        number = ask.run(call.scene, job, order, by=call.visitor.name, now=call.now)
        note.detail = f"request {number}"
    rung(call.scene.state)
    return Waiting(call, number, wait)

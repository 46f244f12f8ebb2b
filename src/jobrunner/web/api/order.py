"""Runs asked for, stopped and run again, past slots too; and what became of what was asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from msgspec import Meta, Struct, field
from starlette.responses import Response

from jobrunner.config.moment import YEARS
from jobrunner.engine.actions import ask, backfill, halt
from jobrunner.engine.order import RunOrder
from jobrunner.engine.past.when import Span, span
from jobrunner.engine.report.request import Asked, see_request
from jobrunner.model.job import Job
from jobrunner.model.run import Trigger
from jobrunner.store.value import Overlap
from jobrunner.web.answer import done, reply
from jobrunner.web.asking import LONGEST, asked, rung
from jobrunner.web.call import Call, Operator, Viewer
from jobrunner.web.contract import answers, body_of, takes
from jobrunner.web.deed import deed
from jobrunner.web.problem import RefusedError, invalid
from jobrunner.web.subject import JobName, RequestNumber, RunNumber, request_of, run_of

router = APIRouter(prefix="/api/v1", tags=["runs"])

MOST_SLOTS = 1000  # that an answer spells out
DAY = timedelta(days=1)
TAKEN = "Asked for; it waits until somebody sees to it"
ONE = {
    "request": 41,
    "kind": "run",
    "job": "backup",
    "state": "done",
    "run": 1291,
    "answer": "1291",
    "asked_by": "deploy",
    "asked_at": "2026-11-20T13:02:31Z",
    "answered_at": "2026-11-20T13:02:31Z",
}

Wait = Annotated[
    float,
    Query(
        ge=0,
        le=LONGEST,
        description="Seconds to wait until it has begun to wait or to run, not until its end.",
    ),
]


class RunWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run differs from a slot's.  `overlap` is the job's own where it is empty."""

    params: Mapping[str, str] = {}
    overlap: Overlap = ""
    slot: Annotated[datetime, Meta(tz=True)] | None = None

    def __post_init__(self) -> None:
        if self.slot is not None and self.slot.year not in YEARS:
            raise ValueError(f"no job has a slot in the year {self.slot.year}")


class StopWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to stop a run; by force it gets no time to end by itself."""

    force: bool = False


class BackfillWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which past slots to run: dates or times of the job's zone, the last one included."""

    first: str = field(name="from")
    last: str = field(name="to", default="")
    parallel: int = 1
    dry_run: bool = False


class Backfilled(Struct, frozen=True, kw_only=True):
    """What a backfill asked for, or would: its slots, and those that need nothing more.

    `slots` are the first ones of them, `requests` those that were made.
    """

    job: str
    count: int
    done: int
    running: int
    slots: Sequence[datetime]
    requests: Sequence[int] = ()


RUN = RunWanted()
STOP = StopWanted()


@router.post(
    "/jobs/{name}/runs",
    status_code=202,
    responses=answers(Asked, TAKEN, status=202, example=ONE, problems=(409, 415)),
    openapi_extra=takes(RunWanted, {"params": {"index": "orders"}}, required=False),
)
def run_job(
    call: Operator,
    name: JobName,
    wanted: Annotated[RunWanted, Depends(body_of(RunWanted, default=RUN))],
    wait: Wait = 0,
) -> Response:
    """Run a job now.

    The answer names the run if it is known by then; else what became of the request can be read
    where `Location` points to.
    """
    order = RunOrder(
        trigger=Trigger.API, params=wanted.params, overlap=wanted.overlap, slot_of=wanted.slot
    )
    with deed(call, "job.run", call.require(name)) as note:
        number = ask.run(call.scene, name, order, by=call.visitor.name, now=call.now)
        note.detail = _detail(number, wanted)
    return _told(call, "job.run", asked(call, number, wait))


@router.post(
    "/runs/{run}/stop",
    status_code=202,
    responses=answers(Asked, TAKEN, status=202, example=ONE | {"kind": "stop"}, problems=(409,)),
    openapi_extra=takes(StopWanted, {"force": False}, required=False),
)
def stop_run(
    call: Operator,
    run: RunNumber,
    wanted: Annotated[StopWanted, Depends(body_of(StopWanted, default=STOP))],
    wait: Wait = 0,
) -> Response:
    """Stop a run with all that it started."""
    found = run_of(call, run)
    with deed(call, "run.stop", f"{found.job} #{run}") as note:
        number = halt.ask_one(
            call.scene, found, by=call.visitor.name, now=call.now, force=wanted.force
        )
        note.detail = "by force" if wanted.force else ""
    if number is None:
        return done(_heard(call, found.job, run), status=202, headers=_location(call, run))
    return _told(call, "run.stop", asked(call, number, wait))


@router.post(
    "/runs/{run}/retry",
    status_code=202,
    responses=answers(Asked, TAKEN, status=202, example=ONE | {"kind": "retry"}, problems=(409,)),
)
def retry_run(call: Operator, run: RunNumber, wait: Wait = 0) -> Response:
    """Run the same again, with the slot and the parameters of a run that is over."""
    found = run_of(call, run)
    with deed(call, "run.retry", f"{found.job} #{run}") as note:
        number = ask.retry(call.scene, found, by=call.visitor.name, now=call.now)
        note.detail = f"request {number}"
    return _told(call, "run.retry", asked(call, number, wait))


@router.post(
    "/jobs/{name}/backfill",
    status_code=202,
    responses=answers(Backfilled, "Every slot is asked for", status=202, problems=(415,))
    | {200: answers(Backfilled, "What would be asked for, with `dry_run`")[200]},
    openapi_extra=takes(BackfillWanted, {"from": "2026-11-01", "to": "2026-11-10"}),
)
def backfill_job(
    call: Operator,
    name: JobName,
    wanted: Annotated[BackfillWanted, Depends(body_of(BackfillWanted))],
) -> Response:
    """Run a job for each of its past slots that no run has succeeded for.

    All are asked for at once, oldest first, and wait for one another.
    """
    scene, by = call.scene, call.visitor.name
    job = ask.known(scene, call.require(name))
    since, until = _between(job, wanted, call.now)
    plan = backfill.plan(scene, name, since, until, call.now)
    if wanted.dry_run:
        return done(_backfilled(plan, ()))
    with deed(call, "job.backfill", name) as note:
        requests = backfill.entrust(scene, plan, parallel=wanted.parallel, by=by, now=call.now)
        note.detail = f"{len(requests):,} slots from {since:%F %R} to {until:%F %R} UTC"
    rung(scene.state)
    return done(_backfilled(plan, requests), status=202)


@router.get("/requests/{request}", responses=answers(Asked, "Where it stands", example=ONE))
def read_request(call: Viewer, request: RequestNumber) -> Response:
    """Tell what became of something that was asked for."""
    return reply(call.request, see_request(request_of(call, request)))


def _told(call: Call, action: str, found: Asked) -> Response:
    """Where the run is, or else the request; a no of the supervisor is a problem."""
    if found.state == "refused":
        call.note(action, found.job, found.answer, "refused")
        raise RefusedError("conflict", found.answer)
    known = found.run if found.state == "done" else None
    return done(found, status=202, headers=_location(call, known, found.request))


def _location(call: Call, run: int | None, request: int = 0) -> Mapping[str, str]:
    place = f"runs/{run}" if run else f"requests/{request}"
    return {"Location": f"{call.base}/api/v1/{place}"}


def _heard(call: Call, job: str, run: int) -> Asked:
    """That the process of a `jobrunner exec` has heard it: there is no request."""
    return Asked(
        request=0,
        kind="stop",
        job=job,
        state="done",
        run=run,
        answer=f"#{run} is asked to stop",
        asked_by=call.visitor.name,
        asked_at=call.now,
        answered_at=call.now,
    )


def _detail(number: int, wanted: RunWanted) -> str:
    """What the audit tells of a run; the values of parameters are in its row of the history."""
    words = [f"request {number}"]
    words += [f"params {', '.join(sorted(wanted.params))}"] if wanted.params else []
    words += [f"overlap {wanted.overlap}"] if wanted.overlap else []
    words += [f"slot {wanted.slot.isoformat()}"] if wanted.slot else []
    return "; ".join(words)


def _between(job: Job, wanted: BackfillWanted, now: datetime) -> tuple[datetime, datetime]:
    since = _span("/from", wanted.first, job, now).first
    until = _span("/to", wanted.last, job, now).last if wanted.last else now
    if until < since:
        raise invalid("/to", "it is before `from`" if wanted.last else "`from` is yet to come")
    return since, until


def _span(pointer: str, text: str, job: Job, now: datetime) -> Span:
    try:
        return span(text, job.timezone.info, now)
    except ValueError as error:
        raise invalid(pointer, str(error)) from error


def _backfilled(plan: backfill.Plan, requests: Sequence[int]) -> Any:
    return Backfilled(
        job=plan.job.name,
        count=len(plan.slots),
        done=plan.done,
        running=plan.live,
        slots=plan.slots[:MOST_SLOTS],
        requests=requests,
    )

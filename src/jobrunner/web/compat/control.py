"""Start and stop as other schedulers have them: of the whole, or of one job."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from msgspec import Meta, Struct
from starlette.responses import Response

from jobrunner.engine.actions import pause
from jobrunner.engine.actions.ask import known
from jobrunner.model.access import Role
from jobrunner.model.pause import Pause
from jobrunner.store.value import EVERY_JOB
from jobrunner.web.answer import done
from jobrunner.web.asking import rung
from jobrunner.web.call import Call, Operator
from jobrunner.web.compat.editing import Table, change, told
from jobrunner.web.compat.meant import Named, meant
from jobrunner.web.compat.shape import Said
from jobrunner.web.compat.wanted import Hour, Length, Minute, daily, interval, timed, wrong
from jobrunner.web.contract import answers, body_of, takes
from jobrunner.web.deed import deed
from jobrunner.web.problem import RefusedError
from jobrunner.web.subject import JobName

router = APIRouter(prefix="/api/compat", tags=["compat"])

BY_HAND = "stopped over the API"


class StartWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a job is to run from now on; without a mode, as it did.

    Daily at `hour` and `minute`; hourly at `minute`; at an interval of `hours` or `minutes`; custom
    by `cron`.
    """

    mode: Literal["", "daily", "hourly", "interval", "custom"] = ""
    hour: Hour | None = None
    minute: Minute | None = None
    hours: Length | None = None
    minutes: Length | None = None
    cron: Annotated[str, Meta(max_length=500)] = ""


AS_BEFORE = StartWanted()
OF_MODE = {
    "": (),
    "daily": ("hour", "minute"),
    "hourly": ("minute",),
    "interval": ("hours", "minutes"),
    "custom": ("cron",),
}


@router.post(
    "/start",
    responses=answers(Said, "It goes on", problems=(409, 415)),
    openapi_extra=takes(StartWanted, {"mode": "daily", "hour": 9, "minute": 5}, required=False),
)
def start_scheduler(
    call: Operator,
    wanted: Annotated[StartWanted, Depends(body_of(StartWanted, default=AS_BEFORE))],
    named: Named = "",
) -> Response:
    """Let every job go on, or the one that is named; with a mode, a job at other times than before.

    A mode is a change of jobs.toml, and takes who may make one.
    """
    table = _timing(wanted)
    if not wanted.mode:
        return done(Said(message=_resume(call, named)))
    if not call.visitor.may(Role.ADMIN):
        told_so = (
            f"A mode changes jobs.toml. That takes the role admin; yours is {call.visitor.role}."
        )
        raise RefusedError("not-allowed", told_so)
    job = meant(call, named).name
    draft = change(call, job, "job.write", lambda before: timed(before, table))
    _resume(call, job)
    return done(Said(message=told(call, draft)))


@router.post("/stop", responses=answers(Said, "It is held still"))
def stop_scheduler(call: Operator, named: Named = "") -> Response:
    """Hold every job still, or the one that is named, until it is started: what runs goes on."""
    return done(Said(message=_pause(call, named)))


@router.post("/jobs/{name}/pause", responses=answers(Said, "It is held still"))
def stop_one_job(call: Operator, name: JobName) -> Response:
    """Hold a job still until it is resumed: what runs goes on."""
    return done(Said(message=_pause(call, name)))


@router.post("/jobs/{name}/resume", responses=answers(Said, "It goes on"))
def start_one_job(call: Operator, name: JobName) -> Response:
    """Let a job go on; what came due meanwhile stays skipped."""
    return done(Said(message=_resume(call, name)))


def _pause(call: Call, named: str) -> str:
    name = _subject(call, named)
    held = Pause(by=call.visitor.name, reason=BY_HAND, since=call.now, until=None)
    with deed(call, "job.pause", name) as note:
        pause.pause(call.scene, [name], held)
        note.detail = "until resumed"
    rung(call.scene.state)
    return f"{_whose(name)} held still."


def _resume(call: Call, named: str) -> str:
    name = _subject(call, named)
    with deed(call, "job.resume", name):
        pause.resume(call.scene, [name], call.now)
    rung(call.scene.state)
    return f"{_whose(name)} started."


def _subject(call: Call, named: str) -> str:
    """The job that is named; without one, every job, which takes a token for every job."""
    if named:
        return known(call.scene, call.require(named)).name
    call.require_every_job()
    return EVERY_JOB


def _whose(name: str) -> str:
    return "Every job is" if name == EVERY_JOB else f"{name} is"


def _timing(wanted: StartWanted) -> Table:
    """The keys of jobs.toml for a mode; what does not belong to it is refused."""
    for field in ("hour", "minute", "hours", "minutes", "cron"):
        if getattr(wanted, field) not in {None, ""} and field not in OF_MODE[wanted.mode]:
            raise wrong(field, f"The mode {wanted.mode or 'is not said; it'} takes no `{field}`.")
    match wanted.mode:
        case "daily":
            if wanted.hour is None:
                raise wrong("hour", "Daily at which hour?")
            return daily(wanted.hour, wanted.minute or 0)
        case "hourly":
            return {"cron": f"{wanted.minute or 0} * * * *"}
        case "interval":
            return interval(wanted.hours, wanted.minutes)
        case "custom":
            if not wanted.cron:
                raise wrong("cron", "Custom by which cron expression?")
            return {"cron": wanted.cron}
    return {}

"""Jobs held still for a while: one, or every one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from msgspec import Meta, Struct, field
from msgspec.structs import asdict
from starlette.responses import Response

from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.config.moment import YEARS
from jobrunner.engine.actions import pause
from jobrunner.engine.actions.pause import Freed, Held
from jobrunner.model.pause import Pause
from jobrunner.store.value import EVERY_JOB
from jobrunner.web.answer import done
from jobrunner.web.asking import rung
from jobrunner.web.call import Call, Operator
from jobrunner.web.contract import answers, body_of, takes
from jobrunner.web.deed import deed
from jobrunner.web.problem import invalid
from jobrunner.web.subject import JobName

router = APIRouter(prefix="/api/v1", tags=["pauses"])

LONGEST = 500
EXAMPLE: Mapping[str, Any] = {"for": "2h", "reason": "db1 maintenance"}


class PauseWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when and why; without `until` and `for` it lasts until somebody resumes."""

    until: Annotated[datetime, Meta(tz=True)] | None = None
    length: str = field(name="for", default="")
    reason: Annotated[str, Meta(max_length=LONGEST)] = ""


class FreedAll(Freed, frozen=True, kw_only=True):
    """Every job goes on; `each` tells of what held all of them, and of what held single ones."""

    each: tuple[Freed, ...]


FOREVER = PauseWanted()
Body = Annotated[PauseWanted, Depends(body_of(PauseWanted, default=FOREVER))]


@router.put(
    "/jobs/{name}/pause",
    responses=answers(Held, "It is held still", problems=(415,)),
    openapi_extra=takes(PauseWanted, EXAMPLE, required=False),
)
def pause_job(call: Operator, name: JobName, wanted: Body) -> Response:
    """Hold a job still: slots that fall into the pause are skipped, what runs goes on."""
    return _pause(call, call.require(name), wanted)


@router.delete("/jobs/{name}/pause", responses=answers(Freed, "It goes on"))
def resume_job(call: Operator, name: JobName) -> Response:
    """Let a job go on; what came due meanwhile stays skipped."""
    return done(_freed(call, call.require(name))[0])


@router.put(
    "/pause",
    responses=answers(Held, "Every job is held still", problems=(415,)),
    openapi_extra=takes(PauseWanted, EXAMPLE, required=False),
)
def pause_every_job(call: Operator, wanted: Body) -> Response:
    """Hold every job still, those to come included; not for tokens of some jobs only."""
    call.require_every_job()
    return _pause(call, EVERY_JOB, wanted)


@router.delete("/pause", responses=answers(FreedAll, "Every job goes on"))
def resume_every_job(call: Operator) -> Response:
    """Let every job go on, those paused by name included."""
    call.require_every_job()
    freed = _freed(call, EVERY_JOB)
    return done(FreedAll(**asdict(freed[0]), each=tuple(freed)))


def _pause(call: Call, job: str, wanted: PauseWanted) -> Response:
    with deed(call, "job.pause", job) as note:
        until = _end(wanted, call.now)
        held = Pause(by=call.visitor.name, reason=wanted.reason, since=call.now, until=until)
        jobs = pause.chosen(call.scene, [job], (), every=job == EVERY_JOB)
        found = pause.pause(call.scene, jobs, held)[0]
        end = f"until {until:%F %R} UTC" if until else "until resumed"
        note.detail = f"{end}: {wanted.reason}" if wanted.reason else end
    rung(call.scene.state)
    return done(found)


def _freed(call: Call, job: str) -> list[Freed]:
    with deed(call, "job.resume", job):
        jobs = pause.chosen(call.scene, [job], (), every=job == EVERY_JOB)
        found = pause.resume(call.scene, jobs, call.now)
    rung(call.scene.state)
    return found


def _end(wanted: PauseWanted, now: datetime) -> datetime | None:
    if wanted.until and wanted.length:
        raise invalid("/for", "`for` and `until` are two ways to say one thing")
    if not wanted.length:
        if wanted.until and not (now < wanted.until and wanted.until.year in YEARS):
            raise invalid("/until", "a pause ends in the future")
        return wanted.until
    try:
        length = quantity.duration(wanted.length)
    except Refusal as refusal:
        raise invalid("/for", refusal.told) from refusal
    if not length:
        raise invalid("/for", "a pause of no time is none")
    return pause.end_of(length, now)

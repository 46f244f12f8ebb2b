"""Jobs held still for a while, and let go on: one, or every one."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.config.zone import zone_of
from jobrunner.engine.actions import pause
from jobrunner.engine.actions.pause import Freed, Held
from jobrunner.engine.actions.when import to_come
from jobrunner.engine.past.tell import day_and_time
from jobrunner.errors import UnusableError
from jobrunner.model.pause import Pause
from jobrunner.store.value import EVERY_JOB
from jobrunner.web.asking import rung
from jobrunner.web.call import Call, Operator
from jobrunner.web.deed import deed
from jobrunner.web.pages.form import Fields, attempt, follow
from jobrunner.web.pages.order import job_path
from jobrunner.web.subject import JobName
from jobrunner.words import numbered

router = APIRouter(include_in_schema=False)
LONGEST = 500  # characters of a reason


@router.post("/jobs/{name}/pause")
def pause_job(call: Operator, name: JobName, fields: Fields) -> Response:
    """Hold a job still; slots that fall into the pause are skipped."""
    return _pause(call, call.require(name), fields)


@router.post("/jobs/{name}/resume")
def resume_job(call: Operator, name: JobName, fields: Fields) -> Response:
    """Let a job go on."""
    return _resume(call, call.require(name), fields)


@router.post("/pause")
def pause_every_job(call: Operator, fields: Fields) -> Response:
    """Hold every job still."""
    call.require_every_job()
    return _pause(call, EVERY_JOB, fields)


@router.post("/resume")
def resume_every_job(call: Operator, fields: Fields) -> Response:
    """Let every job go on."""
    call.require_every_job()
    return _resume(call, EVERY_JOB, fields)


def _pause(call: Call, name: str, fields: Mapping[str, str]) -> Response:
    def change() -> Response:
        zone, reason = _zone(call, name), fields.get("reason", "").strip()[:LONGEST]
        with deed(call, "job.pause", name) as note:
            until = _end(fields, zone, call.now)
            wanted = Pause(by=call.visitor.name, reason=reason, since=call.now, until=until)
            jobs = pause.chosen(call.scene, [name], (), every=name == EVERY_JOB)
            held = pause.pause(call.scene, jobs, wanted)[0]
            note.detail = ": ".join(filter(None, (_until(held.pause, zone), reason)))
        rung(call.scene.state)
        return follow(call, fields, _path(name), _held(held, zone))

    return attempt(call, fields, _path(name), change)


def _resume(call: Call, name: str, fields: Mapping[str, str]) -> Response:
    def change() -> Response:
        with deed(call, "job.resume", name):
            jobs = pause.chosen(call.scene, [name], (), every=name == EVERY_JOB)
            freed = pause.resume(call.scene, jobs, call.now)[0]
        rung(call.scene.state)
        return follow(call, fields, _path(name), _freed(freed, _zone(call, name)))

    return attempt(call, fields, _path(name), change)


def _path(name: str) -> str:
    return "/" if name == EVERY_JOB else job_path(name)


def _zone(call: Call, name: str) -> tzinfo:
    return zone_of(call.scene.config.jobs.get(name)).info


def _end(fields: Mapping[str, str], zone: tzinfo, now: datetime) -> datetime | None:
    """When it ends: after a time, at an instant, or when somebody resumes."""
    length, until = fields.get("for", "").strip(), fields.get("until", "").strip()
    if length and until:
        raise UnusableError("For how long, or until when: fill in one of the two.")
    try:
        if until:
            return to_come(until, zone, now)
        distance = quantity.duration(length) if length else None
    except Refusal as refusal:
        raise UnusableError(refusal.told) from refusal
    except ValueError as error:
        raise UnusableError(str(error)) from error
    if distance is None:
        return None
    if not distance:
        raise UnusableError("A pause of no time is none.")
    return pause.end_of(distance, now)


def _named(name: str) -> str:
    return "Every job" if name == EVERY_JOB else name


def _until(held: Pause, zone: tzinfo) -> str:
    if held.until is None:
        return "until it is resumed"
    return f"until {day_and_time(held.until, zone, with_zone=True)}"


def _held(held: Held, zone: tzinfo) -> str:
    told = f"{_named(held.job)} is paused {_until(held.pause, zone)}."
    if not held.count or held.pause.until is None:
        return told
    return f"{told} It leaves out {numbered(held.count, 'planned run')}."


def _freed(freed: Freed, zone: tzinfo) -> str:
    if freed.others is not None:
        return f"{_named(freed.job)} still waits: every job is paused, by {freed.others.by}."
    if freed.before is None:
        return f"{_named(freed.job)} was not paused."
    following = (
        f" Next: {day_and_time(freed.next_at, zone, with_zone=True)}." if freed.next_at else ""
    )
    return f"{_named(freed.job)} goes on.{following}"

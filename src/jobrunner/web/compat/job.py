"""Jobs as other schedulers list, add, change and remove them."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from jobrunner.engine.actions.ask import known
from jobrunner.engine.draft.removal import check_followers, without
from jobrunner.engine.draft.site import file_of, text_of
from jobrunner.engine.draft.slug import free, slug
from jobrunner.engine.draft.table import table_of
from jobrunner.engine.draft.trial import Draft
from jobrunner.web.answer import done, reply
from jobrunner.web.call import Admin, Call, Viewer
from jobrunner.web.compat.editing import Table, add, change, told, write
from jobrunner.web.compat.meant import TAG, meant
from jobrunner.web.compat.shape import JobList, OneJob, Said
from jobrunner.web.compat.view import in_full, listed
from jobrunner.web.compat.wanted import (
    DATES,
    TIMES,
    JobWords,
    calls,
    dates,
    described,
    is_timed,
    retries,
    timed,
    timing,
)
from jobrunner.web.contract import answers, body_of, takes
from jobrunner.web.drafting import site_of
from jobrunner.web.editing import require_edit
from jobrunner.web.subject import LONGEST, JobName

router = APIRouter(prefix="/api/compat", tags=["compat"])

DAILY = {
    "name": "Front page",
    "start_date": "2026-11-01",
    "end_date": "2029-12-31",
    "hour": 9,
    "minute": 5,
    "max_retries": 3,
    "retry_delay": 300,
}
CALLBACK = {
    "days": 14,
    "start_date": "2026-03-20T15:00",
    "callback_url": "https://app.example.com/invoice",
    "payload": {"kind": "invoice"},
    "timezone": "GMT+7",
}
ADDED = answers(OneJob, "It is there", status=201, problems=(409, 413, 415))

Words = Annotated[JobWords, Depends(body_of(JobWords))]
Like = Annotated[
    str,
    Query(
        max_length=LONGEST,
        description="The job whose work the new one does at other times; without it the one with"
        f" the tag `{TAG}`, or the only one there is. Not for calls of a URL.",
    ),
]


@router.get("/jobs", responses=answers(JobList, "Every job"))
def list_all_jobs(call: Viewer) -> Response:
    """List every job."""
    found = listed(call.scene.store, call.scene.config.jobs.values(), call.now)
    return reply(call.request, JobList(message=f"{len(found):,} jobs", data=found))


@router.get("/jobs/{name}", responses=answers(OneJob, "One job"))
def read_job_with_execution(call: Viewer, name: JobName) -> Response:
    """Read one job with its latest execution."""
    return _read(call, name)


@router.get("/job/{name}", responses=answers(OneJob, "One job"))
def read_one_job(call: Viewer, name: JobName) -> Response:
    """Read one job, as its other users know it."""
    return _read(call, name)


@router.post("/jobs", status_code=201, responses=ADDED, openapi_extra=takes(JobWords, CALLBACK))
def add_callback(call: Admin, words: Words, like: Like = "") -> Response:
    """Add a job that calls a URL, or does what another one does."""
    return _add(call, words, like)


@router.post("/job/add", status_code=201, responses=ADDED, openapi_extra=takes(JobWords, DAILY))
def add_daily_job(call: Admin, words: Words, like: Like = "") -> Response:
    """Add a job that does what another one does, daily between two dates."""
    return _add(call, words, like)


@router.put(
    "/jobs/{name}",
    responses=answers(OneJob, "It is written", problems=(409, 413, 415)),
    openapi_extra=takes(JobWords, {"days": 7}),
)
def change_one_job(call: Admin, name: JobName, words: Words) -> Response:
    """Change what is said of a job; the rest stays, its name too."""
    draft = change(call, call.require(name), "job.write", lambda table: _changed(table, words))
    return _answer(call, draft, name)


GONE = answers(Said, "It is gone", problems=(409,))


@router.delete("/jobs/{name}", responses=GONE)
def delete_callback(call: Admin, name: JobName) -> Response:
    """Remove a job; its history stays."""
    return _delete(call, name)


@router.delete("/job/{name}", responses=GONE)
def delete_one_job(call: Admin, name: JobName) -> Response:
    """Remove a job, as its other users know it."""
    return _delete(call, name)


def _read(call: Call, name: str) -> Response:
    job = known(call.scene, call.require(name))
    found = in_full(call.scene.store, job, call.now)
    return reply(call.request, OneJob(message=name, data=found))


def _add(call: Call, words: JobWords, like: str) -> Response:
    require_edit(call)
    site = site_of(call)
    base = "" if words.callback_url else meant(call, like, "like").name
    text = described(words) or words.callback_url.partition("://")[2] or base
    name = free(slug(words.name or text), site.jobs)
    before = table_of(text_of(file_of(site, base), site.uid), base) if base else {}
    draft = add(call, name, _made(before, words), base)
    headers = {"Location": f"{call.base}/api/compat/jobs/{name}"}
    return _answer(call, draft, name, status=201, headers=headers)


def _made(before: Table, words: JobWords) -> dict[str, Any]:
    """The keys of a new job, in the order in which they are read."""
    own = ("description", "enabled", "tags", "retries", "retry", *TIMES, *DATES)
    tags = [tag for tag in before.get("tags", ()) if tag != TAG]
    is_daily = words.hour is not None
    return {
        **({"description": described(words)} if described(words) else {}),
        **({"enabled": False} if words.enabled is False else {}),
        **({"tags": tags} if tags else {}),
        **timing(words),
        **dates(words),
        **{
            key: value
            for key, value in before.items()
            if key not in own and key not in dates(words)
        },
        **calls(words, {}),
        **(retries(words, before.get("retry", {}), always=is_daily) or _kept(before)),
    }


def _kept(before: Table) -> dict[str, Any]:
    """The retries of the job that it is made after."""
    return {key: before[key] for key in ("retries", "retry") if key in before}


def _changed(before: Table, words: JobWords) -> dict[str, Any]:
    new = dict(before)
    if is_timed(words):
        new = timed(new, timing(words))
    if described(words):
        new["description"] = described(words)
    if words.enabled is not None:
        new["enabled"] = words.enabled
    rule = retries(words, new.get("retry", {}), always=False)
    if rule:
        new.pop("retries", None)
    return new | dates(words) | calls(words, new.get("http", {})) | rule


def _delete(call: Call, name: str) -> Response:
    require_edit(call)
    check_followers(site_of(call), [call.require(name)])
    draft = write(call, name, "job.remove", partial(without, names=[name]))
    return done(Said(message=told(call, draft)))


def _answer(call: Call, draft: Draft, name: str, **more: Any) -> Response:
    """The job as it is now."""
    found = in_full(call.scene.store, draft.after.jobs[name], call.now)
    return done(OneJob(message=told(call, draft), data=found), **more)

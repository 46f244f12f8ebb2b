"""Jobs made, changed and removed in jobs.toml, and the retries that hold for all."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config import edit
from jobrunner.engine.draft.add import check_free
from jobrunner.engine.draft.change import is_secret
from jobrunner.engine.draft.default import RetryRule, retry_of, with_retry
from jobrunner.engine.draft.removal import check_followers, without
from jobrunner.engine.draft.site import file_of, text_of
from jobrunner.engine.draft.table import from_json, merged, rewritten, table_of
from jobrunner.engine.draft.trial import Change, rewrite
from jobrunner.web.answer import JSON, done, fresh
from jobrunner.web.call import Admin, Call, Viewer
from jobrunner.web.contract import answers, body_of
from jobrunner.web.deed import deed
from jobrunner.web.drafting import (
    IfMatch,
    Saved,
    bounded,
    difference,
    matching,
    packed,
    saved,
    site_of,
    tag,
)
from jobrunner.web.editing import may_edit, require_edit
from jobrunner.web.subject import JobName

router = APIRouter(prefix="/api/v1", tags=["configuration"])

Table = dict[str, Any]
MASK = "***"
PATCH = "application/merge-patch+json"
JOB: Mapping[str, Any] = {"cron": "30 2 * * *", "command": "pg_dump app", "retries": 2}
WRONG = (409, 412, 413, 415, 428)


class JobWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new job: its name, and its keys as below [jobs.NAME]; dates are strings."""

    name: str
    job: Table


def takes_table(example: Mapping[str, Any], media: str = JSON) -> dict[str, Any]:
    """The `openapi_extra` of a route that takes the keys of a table."""
    content = {"schema": {"type": "object"}, "example": example}
    return {"requestBody": {"required": True, "content": {media: content}}}


Keys = Annotated[Table, Depends(body_of(Table))]


@router.post(
    "/jobs",
    status_code=201,
    responses=answers(Saved, "It is there", status=201, problems=(409, 413, 415)),
    openapi_extra=takes_table({"name": "backup", "job": JOB}),
)
def create_job(call: Admin, wanted: Annotated[JobWanted, Depends(body_of(JobWanted))]) -> Response:
    """Add a job at the end of jobs.toml."""
    require_edit(call)
    site, table = site_of(call), from_json(wanted.job)
    with deed(call, "job.create", wanted.name) as note:
        check_free(site, wanted.name)
        change = bounded(lambda text: edit.add(text, wanted.name, table))
        draft = rewrite(site.trial(site.main), change)
        note.detail = difference(draft)
    headers = {"Location": f"{call.base}/api/v1/jobs/{wanted.name}"}
    headers["ETag"] = tag(packed(draft.new, wanted.name))
    return done(saved(call, draft), status=201, headers=headers)


@router.get("/jobs/{name}/definition", responses=answers(None, "The keys of its table"))
def read_definition(call: Admin, name: JobName) -> Response:
    """Read the keys of a job as they stand in its file; its ETag is what a change asks for.

    Who may not change them sees no secrets.
    """
    site = site_of(call)
    text = text_of(file_of(site, call.require(name)), site.uid)
    table = table_of(text, name)
    shown = table if may_edit(call) else _masked(table)
    return fresh(call.request, msgspec.json.encode(shown), JSON, tag=tag(packed(text, name)))


@router.put(
    "/jobs/{name}",
    responses=answers(Saved, "It is written", problems=WRONG),
    openapi_extra=takes_table(JOB),
)
def replace_job(call: Admin, name: JobName, keys: Keys, if_match: IfMatch = None) -> Response:
    """Put other keys in the place of a job's; comments and what is equal stay."""
    table = from_json(keys)
    return _change(call, name, if_match, partial(rewritten, path=("jobs", name), new=table))


@router.patch(
    "/jobs/{name}",
    responses=answers(Saved, "It is written", problems=WRONG),
    openapi_extra=takes_table({"cron": "0 3 * * *", "retries": None}, PATCH),
)
def patch_job(call: Admin, name: JobName, keys: Keys, if_match: IfMatch = None) -> Response:
    """Change some keys of a job; null takes one away (RFC 7396)."""

    def change(text: str) -> str:
        new = from_json(merged(table_of(text, name), keys))
        return rewritten(text, ("jobs", name), new)

    return _change(call, name, if_match, change)


@router.delete("/jobs/{name}", responses=answers(Saved, "It is gone", problems=WRONG))
def remove_job(call: Admin, name: JobName, if_match: IfMatch = None) -> Response:
    """Remove a job from its file; its history stays."""
    require_edit(call)
    check_followers(site_of(call), [name])
    return _change(call, name, if_match, partial(without, names=[name]), "job.remove")


@router.get("/defaults/retry", responses=answers(RetryRule, "When a failed attempt is tried again"))
def read_retry(call: Viewer) -> Response:
    """Read the retries of jobs that say nothing of them themselves."""
    found = retry_of(text_of(call.site.path, call.site.asker.uid))
    body = msgspec.json.encode(found)
    return fresh(call.request, body, JSON, tag=tag(body))


@router.put(
    "/defaults/retry",
    responses=answers(Saved, "It is written", problems=WRONG),
    openapi_extra=takes_table({"attempts": 3, "delay": "5m", "backoff": "constant"}),
)
def write_retry(call: Admin, keys: Keys, if_match: IfMatch = None) -> Response:
    """Write the retries of jobs that say nothing of them themselves."""
    require_edit(call)
    site, rule = site_of(call), from_json(keys)

    def now(text: str) -> bytes:
        return msgspec.json.encode(retry_of(text))

    with deed(call, "config.write", "defaults.retry") as note:
        change = matching(if_match, now, partial(with_retry, rule=rule))
        draft = rewrite(site.trial(site.main), change)
        note.detail = difference(draft)
    return done(saved(call, draft), headers={"ETag": tag(now(draft.new))})


def _change(
    call: Call, name: str, if_match: str | None, change: Change, action: str = "job.write"
) -> Response:
    require_edit(call)
    site = site_of(call)
    with deed(call, action, name) as note:
        trial = site.trial(file_of(site, name))
        change = matching(if_match, partial(packed, name=name), change)
        draft = rewrite(trial, change)
        note.detail = difference(draft)
    is_there = action == "job.write"
    headers = {"ETag": tag(packed(draft.new, name))} if is_there else {}
    return done(saved(call, draft), headers=headers)


def _masked(table: Mapping[str, Any]) -> Table:
    found = {}
    for name, value in table.items():
        is_hidden = not isinstance(value, dict) and is_secret(name, value)
        inner = _masked(value) if isinstance(value, dict) else value
        found[name] = MASK if is_hidden else inner
    return found

"""jobs.toml as a text: read, judged, written; and its versions."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config.secret import veiled_text
from jobrunner.engine.draft.check import check_apart
from jobrunner.engine.draft.site import text_of
from jobrunner.engine.draft.trial import preview, rewrite
from jobrunner.engine.draft.version import VersionRow, difference, entries
from jobrunner.web.answer import done, fresh
from jobrunner.web.call import Admin, Call, Operator
from jobrunner.web.contract import answers, text
from jobrunner.web.deed import deed
from jobrunner.web.drafting import (
    PLAIN,
    TOML,
    IfMatch,
    Saved,
    as_text,
    foreseen,
    matching,
    saved,
    sent_text,
    site_of,
    tag,
    takes_text,
)
from jobrunner.web.drafting import difference as changed_lines
from jobrunner.web.editing import may_edit, require_edit
from jobrunner.web.paging import paged
from jobrunner.web.problem import Fault, fault_of
from jobrunner.web.subject import LARGEST

router = APIRouter(prefix="/api/v1", tags=["configuration"])

EXAMPLE = '[jobs.hello]\ncron = "0 9 * * *"\ncommand = "echo hello"\n'
DIFF = "text/x-diff"
Version = Annotated[int, Path(ge=1, le=LARGEST, description="The number of a version.")]
Text = Annotated[bytes, Depends(sent_text)]


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a text of jobs.toml can be used; how many jobs it has, or what is wrong."""

    valid: bool
    jobs: int
    problems: Sequence[Fault]


@router.post(
    "/validate",
    responses=answers(Verdict, "What is wrong with it, if anything", problems=(413, 415)),
    openapi_extra=takes_text(EXAMPLE),
)
def validate_text(call: Operator, sent: Text) -> Response:
    """Judge a text of jobs.toml alone: other files that it names are not read."""
    found = check_apart(sent, call.site.asker.environ)
    faults = [fault_of(each) for each in found.problems]
    return done(Verdict(valid=not faults, jobs=found.jobs, problems=faults))


@router.get("/config", responses=text("The text", PLAIN, TOML))
def read_config(call: Admin) -> Response:
    """Read jobs.toml: as it is for who may change it, else with secrets starred out."""
    call.require_every_job()
    content = text_of(call.site.path, call.site.asker.uid)
    return _shown(call, content, tagged=content)


@router.put(
    "/config",
    responses=answers(Saved, "It is written", problems=(409, 412, 413, 415, 428)),
    openapi_extra=takes_text(EXAMPLE),
)
def write_config(
    call: Admin,
    sent: Text,
    if_match: IfMatch = None,
    dry_run: Annotated[bool, Query(description="Only tell what it would mean.")] = False,
) -> Response:
    """Write jobs.toml, checked as `jobrunner edit` checks it; what is wrong is told at once."""
    require_edit(call)
    site, new = site_of(call), as_text(sent)
    trial = site.trial(site.main)
    change = matching(if_match, str.encode, lambda _: new)
    if dry_run:
        draft = preview(trial, text_of(site.main, site.uid), change)
        return done(foreseen(call, draft))
    with deed(call, "config.write", site.main) as note:
        draft = rewrite(trial, change)
        note.detail = changed_lines(draft)
    return done(saved(call, draft), headers={"ETag": tag(draft.new.encode())})


@router.get("/config/versions", responses=answers(VersionRow, "The versions", many=True))
def read_versions(call: Admin) -> Response:
    """List the last versions of each file, newest first, with the tables that each changed."""
    call.require_every_job()
    return paged(call.request, entries(site_of(call)))


@router.get("/config/versions/{version}", responses=text("The text", PLAIN, TOML))
def read_version(call: Admin, version: Version) -> Response:
    """Read what a version said, as `/config` is read."""
    call.require_every_job()
    return _shown(call, site_of(call).shelf.version(version).text)


@router.get("/config/versions/{version}/diff", responses=text("Lines of diff -u", DIFF))
def compare_version(call: Admin, version: Version) -> Response:
    """Tell what differs from a version to the file as it is now, secrets starred out."""
    call.require_every_job()
    lines = difference(site_of(call), version)
    return Response("".join(f"{line}\n" for line in lines), media_type=DIFF)


def _shown(call: Call, content: str, tagged: str = "") -> Response:
    if not may_edit(call):
        content = veiled_text(content)
    media = TOML if TOML in call.request.headers.get("accept", "") else PLAIN
    version = tag((tagged or content).encode())
    return fresh(call.request, content.encode(), f"{media}; charset=utf-8", tag=version)

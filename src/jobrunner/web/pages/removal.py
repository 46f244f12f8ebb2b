"""Jobs taken out of jobs.toml, asked about first; and switched off and on in it."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.config.edit import set_value
from jobrunner.engine.draft.removal import check_followers, without
from jobrunner.engine.draft.site import file_of, text_of
from jobrunner.engine.draft.trial import Change, preview, rewrite
from jobrunner.engine.draft.version import lines_between
from jobrunner.errors import JobrunnerError
from jobrunner.web.call import Admin, Call
from jobrunner.web.deed import deed
from jobrunner.web.drafting import difference, matching, saved, site_of, tag
from jobrunner.web.editing import require_edit
from jobrunner.web.pages.difference import coloured, sentence
from jobrunner.web.pages.form import Fields, attempt
from jobrunner.web.pages.frame import onward, show
from jobrunner.web.pages.order import job_path
from jobrunner.web.subject import JobName

router = APIRouter(include_in_schema=False)


@router.get("/jobs/{name}/remove")
def ask(call: Admin, name: JobName) -> Response:
    """Show what would go, and ask whether to."""
    require_edit(call)
    site = site_of(call)
    file = file_of(site, name)
    old, problem, lines = text_of(file, site.uid), "", []
    try:
        check_followers(site, [name])
        draft = preview(site.trial(file), old, partial(without, names=[name]))
        lines = coloured(lines_between(draft.old, draft.new, "before", "after"))
    except JobrunnerError as error:
        problem = str(error).partition("\n")[0]
    return show(
        call,
        "removal.html",
        title=f"Remove {name}",
        nav="overview",
        refresh=False,
        name=name,
        file=file,
        lines=lines,
        problem=problem,
        seen=tag(old.encode()),
    )


@router.post("/jobs/{name}/remove")
def remove(call: Admin, name: JobName, fields: Fields) -> Response:
    """Take a job out of its file, if that says what its reader saw; its history stays."""
    require_edit(call)
    site = site_of(call)

    def change() -> Response:
        with deed(call, "job.remove", name) as note:
            check_followers(site, [name])
            wanted = matching(fields.get("seen", ""), str.encode, partial(without, names=[name]))
            draft = rewrite(site.trial(file_of(site, name)), wanted)
            note.detail = difference(draft)
        return onward(call.request, "/", sentence(saved(call, draft).said))

    late = "The file was changed meanwhile. This is what would go now."
    return attempt(call, fields, f"{job_path(name)}/remove", change, late=late)


@router.post("/jobs/{name}/enable")
def enable(call: Admin, name: JobName, fields: Fields) -> Response:
    """Have a job run at its times."""
    return _switch(call, name, fields, is_on=True)


@router.post("/jobs/{name}/disable")
def disable(call: Admin, name: JobName, fields: Fields) -> Response:
    """Have a job run by hand only."""
    return _switch(call, name, fields, is_on=False)


def _switch(call: Call, name: str, fields: Fields, *, is_on: bool) -> Response:
    require_edit(call)
    site = site_of(call)

    def change() -> Response:
        wanted: Change = partial(set_value, path=("jobs", name, "enabled"), value=is_on)
        with deed(call, "job.write", name) as note:
            draft = rewrite(site.trial(file_of(site, name)), wanted)
            note.detail = difference(draft)
        return onward(call.request, job_path(name), sentence(saved(call, draft).said))

    return attempt(call, fields, job_path(name), change)

"""A job filled in on a form, a new one or one of jobs.toml: shown before it is written."""

from collections.abc import Sequence
from functools import partial

import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.ahead import Coming, upcoming
from jobrunner.engine.draft.emend import ORDER, FieldError
from jobrunner.engine.draft.proposal import Fault, Proposal, by_field, usual
from jobrunner.engine.draft.sheet import KINDS, NEW, Fields, Table, filled
from jobrunner.engine.draft.site import Site, file_of, text_of
from jobrunner.engine.draft.slot import rhythm
from jobrunner.engine.draft.table import table_of
from jobrunner.engine.draft.trial import Change, Draft, rewrite
from jobrunner.engine.draft.version import lines_between
from jobrunner.engine.report.known import known_to
from jobrunner.errors import JobrunnerError, StoreError
from jobrunner.model.job import Job
from jobrunner.web.call import Admin, Call
from jobrunner.web.deed import deed
from jobrunner.web.drafting import bounded, difference, matching, packed, saved, site_of, tag
from jobrunner.web.editing import require_edit
from jobrunner.web.pages.difference import DiffLine, coloured, sentence
from jobrunner.web.pages.form import Fields as Sent
from jobrunner.web.pages.frame import onward, show
from jobrunner.web.pages.order import job_path
from jobrunner.web.problem import RefusedError
from jobrunner.web.subject import JobName

router = APIRouter(include_in_schema=False)
SLOTS = 5
SHOWN = frozenset(ORDER) | {key for keys in KINDS.values() for key in keys}
BOXES = ("enabled",)


class Preview(Struct, frozen=True, kw_only=True):
    """What would come of it: the slots, the lines that differ; or what is wrong."""

    faults: Sequence[Fault] = ()
    job: Job | None = None
    words: str = ""
    coming: Sequence[Coming] = ()
    lines: Sequence[DiffLine] = ()
    file: str = ""


class Form(Struct, frozen=True, kw_only=True):
    """A form as it is shown: whose it is (a new job has no name yet), and what stands in it."""

    name: str = ""
    file: str
    table: Table = {}
    values: Fields
    seen: str = ""
    preview: Preview | None = None
    is_late: bool = False
    status: int = 200


# No name of a job is in its path: any job may be called "add".
@router.get("/config/add")
def blank(call: Admin) -> Response:
    """Show an empty form."""
    require_edit(call)
    site = site_of(call)
    return _page(call, site, Form(file=site.main, values=NEW))


@router.post("/config/add")
def add(call: Admin, fields: Sent) -> Response:
    """Show what a new job would be, or write it."""
    require_edit(call)
    site = site_of(call)
    proposal = Proposal(site, fields.get("name", "").strip(), fields, call.now, is_new=True)
    form = Form(file=site.main, values=fields)
    return _answer(call, proposal, form, fields)


@router.get("/jobs/{name}/edit")
def edit(call: Admin, name: JobName) -> Response:
    """Show a job as its file has it."""
    require_edit(call)
    site = site_of(call)
    form = _form(site, name)
    return _page(call, site, form)


@router.post("/jobs/{name}/edit")
def change(call: Admin, name: JobName, fields: Sent) -> Response:
    """Show what would change, or write it."""
    require_edit(call)
    site = site_of(call)
    form = _form(site, name)
    kept = {key: text for key, text in form.values.items() if not _is_box(key)}
    values = {**kept, **fields}
    is_late = fields.get("seen", "") != form.seen
    form = msgspec.structs.replace(form, values=values, is_late=is_late)
    return _answer(call, Proposal(site, name, fields, call.now, is_new=False), form, fields)


def _answer(call: Call, proposal: Proposal, form: Form, fields: Fields) -> Response:
    wants_save, is_late, status = fields.get("do") == "save", form.is_late, 200
    if wants_save and not is_late:
        try:
            return _save(call, proposal, form)
        except StoreError:
            raise
        except (FieldError, JobrunnerError):
            status = 422
        except RefusedError as error:
            if error.kind != "changed-meanwhile":
                raise
            is_late = True
            form = msgspec.structs.replace(form, seen=_form(proposal.site, form.name).seen)
    shown = msgspec.structs.replace(
        form,
        preview=_preview(call, proposal),
        is_late=is_late,
        status=412 if is_late and wants_save else status,
    )
    return _page(call, proposal.site, shown)


def _save(call: Call, proposal: Proposal, form: Form) -> Response:
    name = proposal.name
    wanted: Change = bounded(proposal.change)
    if form.name:
        wanted = matching(form.seen, partial(packed, name=name), proposal.change)
    with deed(call, "job.write" if form.name else "job.create", name) as note:
        draft = rewrite(proposal.trial, wanted, proposal.object)
        note.detail = difference(draft)
    return onward(call.request, job_path(name), sentence(saved(call, draft).said))


def _preview(call: Call, proposal: Proposal) -> Preview:
    try:
        draft = proposal.preview()
    except (FieldError, JobrunnerError) as error:
        return Preview(faults=proposal.faults(error))
    return _foreseen(call, proposal, draft)


def _foreseen(call: Call, proposal: Proposal, draft: Draft) -> Preview:
    job = draft.after.jobs[proposal.name]
    past = known_to(call.scene.store, draft.after, call.now)
    return Preview(
        job=job,
        words=rhythm(job, call.now),
        coming=upcoming(job, call.now, SLOTS, call.now, past),
        lines=coloured(lines_between(draft.old, draft.new, "before", "after")),
        file=draft.file,
    )


def _form(site: Site, name: str) -> Form:
    file = file_of(site, name)
    text = text_of(file, site.uid)
    table = table_of(text, name)
    return Form(
        name=name, file=file, table=table, values=filled(table), seen=tag(packed(text, name))
    )


def _is_box(field: str) -> bool:
    return field in BOXES or field.startswith("notify.")


def _page(call: Call, site: Site, form: Form) -> Response:
    preview = form.preview
    values = dict.fromkeys(("name", *filled({})), "")
    values.update(form.values)
    return show(
        call,
        "draft.html",
        title=f"Edit {form.name}" if form.name else "Add a job",
        nav="overview" if form.name else "config",
        refresh=False,
        status=form.status,
        zone=preview.job.timezone if preview and preview.job else None,
        form=form,
        values=values,
        errors=by_field(preview.faults) if preview else {},
        usual=usual(site, form.file),
        channels=[*(site.config or call.scene.config).channels],
        unshown=[name for name in form.table if name not in SHOWN],
        is_main=form.file == site.main,
    )

"""The versions of jobs.toml that are kept: what each changed, and the way back to one."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config.spelling import shown
from jobrunner.engine.draft.site import Site, text_of
from jobrunner.engine.draft.trial import preview, rewrite
from jobrunner.engine.draft.version import VersionRow, entries, lines_between
from jobrunner.errors import JobrunnerError, UnusableError
from jobrunner.jobfile.shelf import Version, pairs
from jobrunner.web.call import Admin, Call
from jobrunner.web.deed import deed
from jobrunner.web.drafting import difference, matching, saved, site_of, tag
from jobrunner.web.editing import may_edit, require_edit
from jobrunner.web.pages.config import leaves_of, words
from jobrunner.web.pages.difference import DiffLine, coloured, sentence
from jobrunner.web.pages.form import Fields, attempt
from jobrunner.web.pages.frame import onward, show
from jobrunner.web.problem import RefusedError

router = APIRouter(include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
VERSIONS = "/config/versions"


class Row(Struct, frozen=True, kw_only=True):
    """A version, the one of its file before it if that is kept, and whether the file says it."""

    entry: VersionRow
    before: int | None
    is_now: bool


class Comparison(Struct, frozen=True, kw_only=True):
    """What differs from a version to another one, or to the file as it is (None)."""

    name: str
    other: int | None
    lines: Sequence[DiffLine]


@router.get(VERSIONS)
def every(call: Admin) -> Response:
    """List what is kept, newest first."""
    call.require_every_job()
    site = site_of(call)
    kept = site.shelf.all()
    before = {new.number: old.number for old, new in pairs(kept) if old}
    now = {file: _text(site, file) for file in {version.file for version in kept}}
    standing = {version.number for version in kept if version.text == now[version.file]}
    rows = [
        Row(entry=one, before=before.get(one.version), is_now=one.version in standing)
        for one in entries(site)
    ]
    return show(
        call,
        "versions.html",
        title="Versions",
        nav="config",
        refresh=False,
        rows=rows,
        names=_names(site),
    )


@router.get(VERSIONS + "/{number}")
def compare(call: Admin, number: Number, to: str = "") -> Response:
    """Show what differs from a version to another one, or to what its file says now."""
    call.require_every_job()
    site = site_of(call)
    version = site.shelf.version(number)
    now = _text(site, version.file)
    means, problem = _meaning(call, site, version, now)
    return show(
        call,
        "version.html",
        title=f"Version {number}",
        nav="config",
        refresh=False,
        version=version,
        name=_names(site).get(version.file, version.file),
        others=[one.number for one in site.shelf.of(version.file) if one.number != number],
        comparison=_comparison(site, version, to, now),
        seen=tag(now.encode()),
        means=means,
        problem=problem,
        may_restore=may_edit(call) and now != version.text,
    )


@router.post(VERSIONS + "/{number}/restore")
def restore(call: Admin, number: Number, fields: Fields) -> Response:
    """Give a file the text of a version back, if it says what its reader saw."""
    require_edit(call)
    site = site_of(call)
    version = site.shelf.version(number)

    def change() -> Response:
        with deed(call, "config.write", version.file) as note:
            wanted = matching(fields.get("seen", ""), str.encode, lambda _: version.text)
            draft = rewrite(site.trial(version.file), wanted)
            note.detail = f"version {number}\n{difference(draft)}"
        return onward(call.request, VERSIONS, sentence(saved(call, draft).said))

    late = "The file was changed meanwhile. This is what differs now."
    return attempt(call, fields, f"{VERSIONS}/{number}", change, late=late)


def _comparison(site: Site, version: Version, to: str, now: str) -> Comparison:
    if to:
        if not (to.isascii() and to.isdigit()):
            raise RefusedError("not-found", "Versions are numbers.")
        other = site.shelf.version(int(to[:9]))
        lines = lines_between(version.text, other.text, "old", "new")
        return Comparison(name=f"version {other.number}", other=other.number, lines=coloured(lines))
    lines = lines_between(version.text, now, "old", "new")
    return Comparison(name="now", other=None, lines=coloured(lines))


def _meaning(call: Call, site: Site, version: Version, now: str) -> tuple[list[str], str]:
    """What going back to it would mean, or why that cannot be."""
    if version.text == now:
        return [], ""
    try:
        draft = preview(site.trial(version.file), now, lambda _: version.text)
    except JobrunnerError as error:
        return [], str(error)
    return words(call, draft), ""


def _text(site: Site, file: str) -> str:
    """What a file says; nothing if it is not there any more."""
    try:
        return text_of(file, site.uid)
    except UnusableError:
        return ""


def _names(site: Site) -> dict[str, str]:
    return {leaf.path: shown(leaf.name) for leaf in leaves_of(site)}

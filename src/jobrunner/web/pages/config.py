"""jobs.toml as a text: shown with what is wrong in it, edited, checked, saved."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from urllib.parse import urlencode

from fastapi import APIRouter
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.secret import veiled_text
from jobrunner.config.zone import host_zone
from jobrunner.engine.draft.change import meaning
from jobrunner.engine.draft.declaring import declaring, problems
from jobrunner.engine.draft.site import Site, near, text_of
from jobrunner.engine.draft.trial import Draft, preview, rewrite
from jobrunner.engine.draft.trial import RefusedError as WrongError
from jobrunner.engine.draft.version import lines_between
from jobrunner.web.call import Admin, Call
from jobrunner.web.deed import deed
from jobrunner.web.drafting import bounded, difference, matching, saved, site_of, tag
from jobrunner.web.editing import may_edit, obstacle, require_edit
from jobrunner.web.pages.difference import DiffLine, coloured, sentence
from jobrunner.web.pages.form import Fields
from jobrunner.web.pages.frame import onward, show
from jobrunner.web.problem import RefusedError

router = APIRouter(include_in_schema=False)
OK, WRONG, MEANWHILE = 200, 422, 412


class Line(Struct, frozen=True):
    """A line of a file, and what is wrong in it."""

    text: str
    problems: Sequence[Problem] = ()


class Leaf(Struct, frozen=True):
    """A file that declares jobs: its path, and as it is seen from the main one."""

    path: str
    name: str


class Check(Struct, frozen=True, kw_only=True):
    """What became of a text that somebody sent: what is wrong with it, or what it would mean."""

    problems: Sequence[Problem] = ()
    meaning: Sequence[str] = ()
    lines: Sequence[DiffLine] = ()
    is_late: bool = False
    status: int = OK


@router.get("/config")
def read(call: Admin, file: str = "") -> Response:
    """Show a file, and what is wrong with all of them."""
    call.require_every_job()
    site = site_of(call)
    leaves = leaves_of(site)
    leaf, found = chosen(leaves, file), problems(site)
    text = text_of(leaf.path, site.uid)
    return show(
        call,
        "config.html",
        title="Config",
        nav="config",
        refresh=False,
        leaf=leaf,
        leaves=leaves,
        lines=_lines(text, [one for one in found if one.file == leaf.path], may_edit(call)),
        problems=found,
        names={each.path: each.name for each in leaves},
        others=_others(call, leaves),
        jobs=len(call.scene.config.jobs),
        obstacle=obstacle(call),
    )


@router.get("/config/edit")
def edit(call: Admin, file: str = "") -> Response:
    """Show a file to be edited."""
    require_edit(call)
    site = site_of(call)
    leaf = chosen(leaves_of(site), file)
    text = text_of(leaf.path, site.uid)
    return _editor(call, leaf, text, tag(text.encode()), Check())


@router.post("/config/edit")
def write(call: Admin, fields: Fields) -> Response:
    """Check a text, or save it in the place of the one that was read."""
    require_edit(call)
    site = site_of(call)
    leaf = chosen(leaves_of(site), fields.get("file", ""))
    old = text_of(leaf.path, site.uid)
    new = _with_ends_of(old, fields.get("text", ""))
    seen, here = fields.get("seen", ""), tag(old.encode())
    if seen != here:
        return _editor(call, leaf, new, here, _late(call, site, leaf, (old, new)))
    if fields.get("do") != "save" or new == old:
        return _editor(call, leaf, new, here, _check(call, site, leaf, (old, new)))
    try:
        with deed(call, "config.write", leaf.path) as note:
            draft = rewrite(site.trial(leaf.path), matching(seen, str.encode, lambda _: new))
            note.detail = difference(draft)
    except WrongError as error:
        return _editor(call, leaf, new, here, Check(problems=_problems(error), status=WRONG))
    except RefusedError as error:
        if error.kind == "invalid":
            return _editor(call, leaf, new, here, _slow(leaf, error))
        if error.kind != "changed-meanwhile":
            raise
        now = text_of(leaf.path, site.uid)
        late = _late(call, site, leaf, (now, new))
        return _editor(call, leaf, new, tag(now.encode()), late)
    return onward(call.request, path_of(leaf), sentence(saved(call, draft).said))


def leaves_of(site: Site) -> list[Leaf]:
    folder = str(PurePath(site.main).parent)
    return [Leaf(path, near(path, folder)) for path in declaring(site)]


def chosen(leaves: Sequence[Leaf], name: str) -> Leaf:
    """The file of this name or path; the main one without a name.  No other file is looked at."""
    for leaf in leaves:
        if name in {"", leaf.name, leaf.path}:
            return leaf
    raise RefusedError("not-found", "jobs.toml includes no file of that name.")


def path_of(leaf: Leaf) -> str:
    return f"/config?{urlencode({'file': leaf.name})}"


def words(call: Call, draft: Draft) -> list[str]:
    return meaning(draft, call.now, host_zone().info)


def _editor(call: Call, leaf: Leaf, text: str, seen: str, check: Check) -> Response:
    return show(
        call,
        "config_edit.html",
        title=f"Edit {leaf.name}",
        nav="config",
        refresh=False,
        status=check.status,
        leaf=leaf,
        text=text,
        seen=seen,
        check=check,
    )


def _check(call: Call, site: Site, leaf: Leaf, texts: tuple[str, str]) -> Check:
    old, new = texts
    try:
        draft = preview(site.trial(leaf.path), old, bounded(lambda _: new))
    except WrongError as error:
        return Check(problems=_problems(error), status=WRONG)
    except RefusedError as error:
        return _slow(leaf, error)
    lines = coloured(lines_between(old, new, "before", "after"))
    return Check(meaning=words(call, draft), lines=lines)


def _late(call: Call, site: Site, leaf: Leaf, texts: tuple[str, str]) -> Check:
    """Somebody else has changed the file: what the text would do to what it says now."""
    found = _check(call, site, leaf, texts)
    lines = coloured(lines_between(*texts, "now", "yours"))
    return Check(
        problems=found.problems, meaning=found.meaning, lines=lines, is_late=True, status=MEANWHILE
    )


def _problems(error: WrongError) -> Sequence[Problem]:
    cause = error.__cause__
    return cause.problems if isinstance(cause, ConfigError) else ()


def _slow(leaf: Leaf, error: RefusedError) -> Check:
    """It cannot be told in time what is wrong with the text."""
    return Check(problems=[Problem(code="", message=error.detail, file=leaf.path)], status=WRONG)


def _lines(text: str, found: Sequence[Problem], is_open: bool) -> list[Line]:
    by_line: Mapping[int, list[Problem]] = {one.line: [] for one in found}
    for one in found:
        by_line[one.line].append(one)
    safe = text if is_open else veiled_text(text)
    lines = safe.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n").split("\n")
    return [Line(line, by_line.get(number, ())) for number, line in enumerate(lines, 1)]


def _with_ends_of(old: str, sent: str) -> str:
    """A text as browsers send it, with its lines ended as the file ends them."""
    text = sent.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n") if "\r\n" in old else text


def _others(call: Call, leaves: Sequence[Leaf]) -> list[str]:
    """The files that are read, too, and are not edited here: crontabs, calendars."""
    own = {leaf.path for leaf in leaves}
    return [path for path in call.scene.config.sources if path not in own]

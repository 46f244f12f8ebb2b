"""Changes of jobs.toml from here: the file, which version of it is meant, what is answered."""

import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Header, Request
from msgspec import Struct

from jobrunner.config.zone import host_zone
from jobrunner.digest import blake2b
from jobrunner.engine.draft.change import told
from jobrunner.engine.draft.check import check_apart
from jobrunner.engine.draft.site import Site, survey
from jobrunner.engine.draft.table import table_of
from jobrunner.engine.draft.trial import Change, Draft
from jobrunner.engine.draft.version import lines_between
from jobrunner.web.answer import tags
from jobrunner.web.asking import rung
from jobrunner.web.call import Call
from jobrunner.web.contract import media_of
from jobrunner.web.problem import RefusedError

PLAIN, TOML = "text/plain", "application/toml"
MEDIA = frozenset({"", PLAIN, TOML})
WEAK = "W/"

IfMatch = Annotated[
    str | None,
    Header(description="The ETag of what is to be changed, as it was last read; `*` for any."),
]


class Saved(Struct, frozen=True, kw_only=True):
    """What a change of jobs.toml means, in lines; `undo` is the version that takes it back."""

    file: str
    said: Sequence[str]
    undo: int | None


def site_of(call: Call) -> Site:
    """The files as they are now, and their versions, in the name of the visitor."""
    return survey(call.site.path, call.site.asker, by=call.visitor.name)


def saved(call: Call, draft: Draft) -> Saved:
    """Tell of a change; whoever is awake reads the file at once."""
    rung(call.scene.state)
    return foreseen(call, draft)


def foreseen(call: Call, draft: Draft) -> Saved:
    """Tell of a change that may not have been made."""
    lines = told(draft, call.now, host_zone().info)
    return Saved(file=draft.file, said=lines, undo=draft.undo)


def difference(draft: Draft) -> str:
    """The change as the audit keeps it, without what is secret."""
    return "\n".join(lines_between(draft.old, draft.new, "before", "after"))


def tag(content: bytes) -> str:
    """The strong ETag of a content."""
    return f'"{blake2b(content, digest_size=16).hexdigest()}"'


def packed(text: str, name: str) -> bytes:
    """A job's table, as its tag is made of it."""
    return msgspec.json.encode(table_of(text, name))


def bounded(change: Change) -> Change:
    """The change, refused if nobody could tell in time what it means.

    A supervisor that read it would look after nothing else any more.
    """

    def changed(text: str) -> str:
        new = change(text)
        if new != text and check_apart(new.encode(), os.environ).is_late:
            raise RefusedError("invalid", "It takes too long to judge: is a pattern too slow?")
        return new

    return changed


def matching(wanted: str | None, what: Callable[[str], bytes], change: Change) -> Change:
    """The change, made only to the version that its visitor has seen.

    It is looked at while the file is locked.  What compresses answers makes their tags weak: the
    tag is a digest of the content, so that it tells the version nevertheless.
    """
    if wanted is None:
        raise RefusedError("which-version")
    seen = {each.removeprefix(WEAK) for each in tags(wanted)}

    def changed(text: str) -> str:
        if "*" not in seen and tag(what(text)) not in seen:
            raise RefusedError("changed-meanwhile", "Read it again, and change that.")
        return bounded(change)(text)

    return changed


async def sent_text(request: Request) -> bytes:
    """A dependency: the body, a text of jobs.toml."""
    media = media_of(request)
    if media not in MEDIA:
        raise RefusedError("wrong-media", f"Send {PLAIN} or {TOML}, not {media[:60]}.")
    return await request.body()


def as_text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        told_so = f"It is no text: byte {error.start} is no UTF-8."
        raise RefusedError("invalid", told_so) from error


def takes_text(example: str) -> dict[str, Any]:
    """The `openapi_extra` of a route whose body is a text of jobs.toml."""
    content = {"schema": {"type": "string"}, "example": example}
    return {"requestBody": {"required": True, "content": {TOML: content, PLAIN: content}}}

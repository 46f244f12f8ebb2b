"""What the API's document says of bodies and answers: the shapes are those of the values."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from msgspec import Struct

from jobrunner.web.problem import KINDS, RefusedError, invalid

T = TypeVar("T", bound=Struct)
JSON = "application/json"
REF = "#/components/schemas/"
PROBLEM = "#/components/responses/Problem"
# What may become of any request that needs a token.
USUAL = (400, 401, 403, 404, 422, 429, 503)
MOST_BYTES = 1 << 20


# Every type that a route takes or answers with, by its name in the document.
SHAPES: dict[str, type[Any]] = {}


def ref(kind: type[Any]) -> dict[str, Any]:
    """Where the document describes the values of a type; a name means one type."""
    assert SHAPES.setdefault(kind.__name__, kind) is kind, f"two types are called {kind.__name__}"
    return {"$ref": f"{REF}{kind.__name__}"}


def answers(
    kind: type[Any] | None,
    description: str,
    *,
    status: int = 200,
    example: Any = None,
    many: bool = False,
    problems: tuple[int, ...] = (),
    also: Mapping[int, type[Any]] = {},
    public: bool = False,
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: one value or a page of many, and the problems beside it.

    `also` are the values that come with other statuses; what is public refuses nobody.
    """
    told: dict[int | str, dict[str, Any]] = {status: {"description": description}}
    if kind is not None:
        schema = ref(kind)
        if many:
            schema = _page_of(schema)
        content: dict[str, Any] = {"schema": schema}
        if example is not None:
            content["example"] = example
        told[status]["content"] = {JSON: content}
    for code in (*problems, *(() if public else USUAL)):
        told[code] = problem_of(code)
    for code, other in also.items():
        content = {JSON: {"schema": ref(other)}}
        told[code] = {"description": inspect.getdoc(other), "content": content}
    return told


def problem_of(code: int) -> dict[str, Any]:
    """What a status may mean that is a problem."""
    titles = [title for status, title in KINDS.values() if status == code]
    return {"$ref": PROBLEM, "description": "; ".join(titles)}


def text(
    description: str, *media: str, problems: tuple[int, ...] = (), public: bool = False
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with text of these media types, or plain."""
    told = answers(None, description, problems=problems, public=public)
    told[200]["content"] = {one: {"schema": {"type": "string"}} for one in media or ("text/plain",)}
    return told


def streams(events: Mapping[str, type[Any]], description: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that goes on: the events it tells, each with its kind of value."""
    told = answers(None, description)
    kinds = {name: ref(kind) for name, kind in events.items()}
    names = ", ".join(f"`{name}` ({kind.__name__})" for name, kind in events.items())
    schema = {"type": "string", "description": f"Events: {names}."}
    told[200]["content"] = {"text/event-stream": {"schema": schema, "x-events": kinds}}
    return told


def _page_of(item: dict[str, Any]) -> dict[str, Any]:
    """As `paging.Page` is."""
    cursor = {"type": ["string", "null"], "description": "Leads to the rest, if there is more."}
    return {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {"items": {"type": "array", "items": item}, "next_cursor": cursor},
    }


def takes(kind: type[Any], example: Any, *, required: bool = True) -> dict[str, Any]:
    """The `openapi_extra` of a route that has a body."""
    content = {"schema": ref(kind), "example": example}
    return {"requestBody": {"required": required, "content": {JSON: content}}}


def body_of(kind: type[T], *, default: T | None = None) -> Callable[[Request], Any]:
    """A dependency: the body, understood as a value of this kind; `default` where there is none."""

    async def read(request: Request) -> T:
        content = await request.body()
        if not content and default is not None:
            return default
        media = media_of(request)
        if media and media != "application/json" and not media.endswith("+json"):
            raise RefusedError("wrong-media", f"Send JSON, not {media[:60]}.")
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _unreadable(error) from error

    return read


def media_of(request: Request) -> str:
    """The media type of the body without its parameters; empty if none is named."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _unreadable(error: Exception) -> RefusedError:
    text, _, path = str(error).partition(" - at `$")
    # "[...]" is any value of a mapping: which one is not told.
    path = path.rstrip("`").replace("[...]", "")
    pointer = path.replace("[", "/").replace("]", "").replace(".", "/")
    return invalid(pointer or "/", text)

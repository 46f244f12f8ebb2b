"""What the API's document says of bodies and answers: the shapes are those of the values."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from msgspec import Struct

from jobrunner.web.problem import MEDIA, Fault, RefusedError

T = TypeVar("T", bound=Struct)
REF = "#/components/schemas/"
MOST_BYTES = 1 << 20


def answers(
    kind: type[Any] | None,
    description: str,
    *,
    status: int = 200,
    example: Any = None,
    many: bool = False,
    problems: tuple[int, ...] = (),
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: one value or a page of many, and the problems beside it.

    Every type named here has to stand in `document.SHAPES`.
    """
    told: dict[int | str, dict[str, Any]] = {status: {"description": description}}
    if kind is not None:
        schema: dict[str, Any] = {"$ref": f"{REF}{kind.__name__}"}
        if many:
            schema = _page_of(schema)
        content: dict[str, Any] = {"schema": schema}
        if example is not None:
            content["example"] = example
        told[status]["content"] = {"application/json": content}
    for code in (400, 401, 403, 404, 422, 503, *problems):
        told[code] = {
            "description": "A problem, as RFC 9457 has it",
            "content": {MEDIA: {"schema": {"$ref": f"{REF}Problem"}}},
        }
    return told


def text(
    description: str, media: str = "text/plain", *, problems: tuple[int, ...] = ()
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with text."""
    told = answers(None, description, problems=problems)
    told[200]["content"] = {media: {"schema": {"type": "string"}}}
    return told


def streams(events: Mapping[str, type[Any]], description: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that goes on: the events it tells, each with its kind of value."""
    told = answers(None, description)
    kinds = {name: {"$ref": f"{REF}{kind.__name__}"} for name, kind in events.items()}
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
    content = {"schema": {"$ref": f"{REF}{kind.__name__}"}, "example": example}
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


def body_of(kind: type[T], *, default: T | None = None) -> Callable[[Request], Any]:
    """A dependency: the body, understood as a value of this kind; `default` where there is none."""

    async def read(request: Request) -> T:
        content = await request.body()
        if not content and default is not None:
            return default
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media and media != "application/json" and not media.endswith("+json"):
            raise RefusedError("wrong-media", f"Send JSON, not {media[:60]}.")
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error

    return read


def _unreadable(error: Exception) -> RefusedError:
    text, _, path = str(error).partition(" - at `$")
    # "[...]" is any value of a mapping: which one is not told.
    path = path.rstrip("`").replace("[...]", "")
    pointer = path.replace("[", "/").replace("]", "").replace(".", "/")
    return RefusedError("invalid", text, errors=[Fault(detail=text, pointer=pointer or "/")])

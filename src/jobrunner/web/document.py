"""The API's document: OpenAPI 3.1, with the shapes of the engine's own values."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from jobrunner import __version__
from jobrunner.web.call import role_of
from jobrunner.web.contract import JSON, REF, SHAPES, problem_of, ref
from jobrunner.web.problem import MEDIA, Problem
from jobrunner.web.sample import sample

SUMMARY = "cron with a memory: its jobs, their runs, and what can be asked of them."
DESCRIPTION = """\
A token comes with every request, `Authorization: Bearer jr_…`; `jobrunner token create` makes one.
Values have the names and shapes of the commands' `--json`. Lists come in pages: `next_cursor` leads
on. Whatever goes wrong is told as `application/problem+json` (RFC 9457). A token that is good for
some jobs is answered as if there were no others.
"""
TAGS: Mapping[str, str] = {
    "status": "How this host is, and who asks.",
    "jobs": "What jobs.toml declares: how each job is, what is to come, what was.",
    "runs": "What became of slots and of requests by hand: rows, attempts, outputs.",
    "pauses": "Jobs held still for a while, and let go on.",
    "configuration": "jobs.toml, as a text and job by job; written where `allow_edit` is set.",
    "alerts": "What channels are told.",
    "access": "Tokens, sessions and the audit: for admins of every job.",
    "figures": "Over all jobs: what is due, what runs came to, what did not happen.",
    "hosts": "Who shares the ledger, and who takes nothing new.",
    "events": "News, as they come.",
    "compat": "What programs of other schedulers call, over the same use cases.",
    "health": "For who watches this server; only the figures need a token.",
    "document": "What you read.",
}
# The first sentence, and the rest: a name such as jobs.toml does not end it.
SENTENCE = re.compile(r"(.*?)\.?(?:(?<=\.)\s+(.*))?", re.DOTALL)
TOKEN = {"type": "http", "scheme": "bearer", "description": "jobrunner token create"}
OF_BODIES = (413, 415)
IN_HAND = 409  # the same with the same key is being done
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 257},
    "description": "The same request with the same key is done once, and answered alike for a day.",
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
SAME = "It is as the reader has it: the ETag is the one in If-None-Match"


class Document:
    """The document of some routes; made when it is first asked for."""

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        self.routers = routers
        self.below = cache(self._below)

    def _below(self, base: str) -> dict[str, Any]:
        """The whole, for who reaches the server below that path."""
        told = get_openapi(
            title="jobrunner",
            version=__version__,
            openapi_version="3.1.0",
            summary=SUMMARY,
            description=DESCRIPTION,
            routes=[*self.routes()],
            servers=[{"url": base or "/"}],
        )
        told["components"] = _components(told.get("components", {}))
        shapes = told["components"]["schemas"]
        for route in self.routes():
            for method in (route.methods or set()) - {"HEAD"}:
                operation = told["paths"][route.path_format][method.lower()]
                _complete(operation, route, method)
                _exemplify(operation, shapes)
        told["security"] = [{"token": []}]
        used = {tag for route in self.routes() for tag in route.tags}
        told["tags"] = [
            {"name": tag, "description": about} for tag, about in TAGS.items() if tag in used
        ]
        return told

    def routes(self) -> Iterator[APIRoute]:
        """Every route that is described."""
        for router in self.routers:
            for route in router.routes:
                if isinstance(route, APIRoute) and route.include_in_schema:
                    yield route


def name_of(route: APIRoute) -> str:
    """What the operation is called: what is done, and to what."""
    if route.operation_id or "_" in route.name:
        return route.operation_id or route.name
    module = route.endpoint.__module__.rpartition(".")[2]
    return f"{route.name}_{module}"


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    """Say who may, and what the framework does not know."""
    role = role_of(route)
    operation["operationId"] = name_of(route)
    told = SENTENCE.fullmatch(inspect.cleandoc(route.endpoint.__doc__ or ""))
    assert told is not None  # any text has a first sentence
    operation |= {"summary": " ".join(told[1].split()), "description": told[2] or ""}
    operation["x-role"] = str(role or "anybody")
    if role is None:
        operation["security"] = []
    codes = OF_BODIES if "requestBody" in operation else ()
    if method == "POST":
        operation.setdefault("parameters", []).append(KEY)
        codes = (*codes, IN_HAND)
    for code in codes:
        operation["responses"].setdefault(f"{code}", problem_of(code))
    if method == "GET" and "200" in operation["responses"]:
        operation["responses"]["304"] = {"description": SAME}


def _exemplify(operation: dict[str, Any], shapes: Mapping[str, Any]) -> None:
    """Give each answer that is a value an example."""
    for answer in operation["responses"].values():
        content = answer.get("content", {}).get(JSON)
        if content and content.get("schema") and "example" not in content:
            content["example"] = sample(content["schema"], shapes)


def _components(parts: dict[str, Any]) -> dict[str, Any]:
    problem = {"description": "A problem", "content": {MEDIA: {"schema": ref(Problem)}}}
    _, shapes = msgspec.json.schema_components(SHAPES.values(), ref_template=REF + "{name}")
    return parts | {
        "schemas": _without_never({**parts.get("schemas", {}), **shapes}),
        "responses": {"Problem": problem},
        "securitySchemes": {"token": TOKEN},
    }


def _without_never(shape: Any) -> Any:
    """A schema without `items: false`, which generators of clients refuse: `maxItems` says it."""
    if isinstance(shape, list):
        return [_without_never(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    return {
        key: _without_never(value)
        for key, value in shape.items()
        if (key, value) != ("items", False)
    }

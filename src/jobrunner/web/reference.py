"""The API's document as a page shows it: operations in groups, a line to try each, and types."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from jobrunner.web.contract import JSON, PROBLEM, REF

HEADER = "Authorization: Bearer $JOBRUNNER_TOKEN"
OTHER = "other"


class Field(Struct, frozen=True, kw_only=True):
    """A parameter, or a part of a value; `link` is the type that it is of, if that is told of."""

    name: str
    place: str = ""
    kind: str
    link: str = ""
    about: str = ""
    is_required: bool = False


class Reply(Struct, frozen=True, kw_only=True):
    """One answer: what it is, and its type."""

    status: str
    about: str
    kind: str = ""
    link: str = ""
    sample: str = ""


class Operation(Struct, frozen=True, kw_only=True):
    """What can be done: how it is called, by whom, what it takes and what it answers."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    role: str
    fields: Sequence[Field]
    body: str
    body_kind: str
    body_link: str
    replies: Sequence[Reply]
    problems: str
    line: str


class Group(Struct, frozen=True, kw_only=True):
    """Operations that are told together."""

    name: str
    about: str
    operations: Sequence[Operation]


class Kind(Struct, frozen=True, kw_only=True):
    """A type: its parts, or the words that it can be."""

    name: str
    about: str
    fields: Sequence[Field]
    words: Sequence[str]


def groups(document: Mapping[str, Any], origin: str) -> list[Group]:
    """Every operation, in the groups of the document; `origin` is where the server is reached."""
    found: dict[str, list[Operation]] = {}
    for path, operations in document["paths"].items():
        for method, one in operations.items():
            tag = next(iter(one.get("tags", ())), OTHER)
            found.setdefault(tag, []).append(_operation(method.upper(), path, one, origin))
    about = {tag["name"]: tag["description"] for tag in document["tags"]}
    order = [*about, *(tag for tag in found if tag not in about)]
    return [Group(name=tag, about=about.get(tag, ""), operations=found[tag]) for tag in order]


def kinds(document: Mapping[str, Any]) -> list[Kind]:
    """Every type that operations name, and those that these consist of."""
    return [
        Kind(
            name=name,
            about=shape.get("description", ""),
            fields=[
                Field(
                    name=part,
                    kind=kind_of(schema),
                    link=link_of(schema),
                    about=schema.get("description", ""),
                    is_required=part in shape.get("required", ()),
                )
                for part, schema in shape.get("properties", {}).items()
            ],
            words=[str(word) for word in shape.get("enum", ())],
        )
        for name, shape in sorted(document["components"]["schemas"].items())
    ]


def kind_of(schema: Mapping[str, Any]) -> str:
    """A type in words: "list of Entry", "string or null"."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(word) for word in schema["enum"])
    kind = schema.get("type", "any value")
    if kind == "array":
        items = schema.get("prefixItems") or [schema.get("items") or {}]
        return "list of " + ", ".join(kind_of(item) for item in items)
    if isinstance(kind, list):
        return " or ".join(kind)
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def link_of(schema: Mapping[str, Any]) -> str:
    """The one type that a schema is about, if there is one."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    inner = [*schema.get("anyOf", ()), schema.get("items") or {}]
    inner += [part["items"] for part in schema.get("properties", {}).values() if "items" in part]
    return next(filter(None, map(link_of, (one for one in inner if one))), "")


def _operation(method: str, path: str, one: Mapping[str, Any], origin: str) -> Operation:
    media, content = _content(one.get("requestBody", {}))
    schema = content.get("schema", {})
    body = content.get("example", "")
    return Operation(
        name=one["operationId"],
        method=method,
        path=path,
        summary=one.get("summary", ""),
        about=one.get("description", ""),
        role=one["x-role"],
        fields=[_field(each) for each in one.get("parameters", ())],
        body=body if isinstance(body, str) else _spelt(body),
        body_kind=kind_of(schema) if schema else "",
        body_link=link_of(schema),
        replies=[*_replies(one["responses"])],
        problems=", ".join(
            status for status, each in one["responses"].items() if each.get("$ref") == PROBLEM
        ),
        line=_line(method, path, one, origin, media=media, body=body),
    )


def _field(each: Mapping[str, Any]) -> Field:
    schema = each.get("schema", {})
    return Field(
        name=each["name"],
        place=each["in"],
        kind=kind_of(schema),
        about=each.get("description") or schema.get("description", ""),
        is_required=each.get("required", False),
    )


def _replies(responses: Mapping[str, Any]) -> Iterator[Reply]:
    for status, each in responses.items():
        if each.get("$ref") == PROBLEM:
            continue
        media, content = _content(each)
        schema = content.get("schema", {})
        is_page = "next_cursor" in schema.get("properties", {})
        link = link_of(schema)
        kind = f"page of {link}" if is_page else kind_of(schema) if media == JSON else media
        yield Reply(
            status=status,
            about=each.get("description", ""),
            kind=kind if media else "",
            link=link,
            sample=_spelt(content["example"]) if "example" in content else "",
        )


def _content(holder: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The media type of a body or an answer, and what is said of it."""
    found: Mapping[str, Any] = holder.get("content", {})
    return next(iter(found.items()), ("", {}))


def _line(
    method: str, path: str, one: Mapping[str, Any], origin: str, *, media: str, body: Any
) -> str:
    """What to type to try it: only the token is left to fill in."""
    for each in one.get("parameters", ()):
        if each["in"] == "path":
            filled = next(iter(each.get("schema", {}).get("examples", ())), each["name"])
            path = path.replace(f"{{{each['name']}}}", quote(str(filled), safe=""))
    words = ["curl"] + (["-X", method] if method != "GET" else [])
    words += ["--no-buffer"] if "x-events" in str(one["responses"]) else []
    told = " ".join(words)
    if one["x-role"] != "anybody":
        told += f' -H "{HEADER}"'
    if body:
        text = body if isinstance(body, str) else json.dumps(body)
        told += f" -H {shlex.quote(f'Content-Type: {media}')} --data {shlex.quote(text)}"
    return f"{told} {shlex.quote(origin + path)}"


def _spelt(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)

"""Values as an answer may have them, made of what the document says of them."""

from collections.abc import Mapping
from typing import Any

from jobrunner.web.contract import REF

MOMENT = "2026-11-20T02:30:00+01:00"
OF_FORMAT = {"date-time": MOMENT, "date": "2026-11-20"}
OF_TYPE: Mapping[str, Any] = {
    "string": "",
    "integer": 1,
    "number": 12.5,
    "boolean": True,
    "null": None,
}
# What a name lets expect, wherever it stands.
OF_NAME: Mapping[str, Any] = {
    "command": "pg_dump app",
    "cron": ["30 2 * * *"],
    "description": "Nightly database dump",
    "host": "web-1",
    "id": 1284,
    "job": "backup",
    "name": "backup",
    "reason": "exit 1",
    "run": 1284,
    "schedule": "30 2 * * *",
    "schedule_text": "At 02:30 every day",
    "tags": ["db"],
    "timezone": "Europe/Berlin",
}


def sample(schema: Mapping[str, Any], shapes: Mapping[str, Any], name: str = "") -> Any:
    """A value that the schema allows."""
    if "$ref" in schema:
        return sample(shapes[schema["$ref"].removeprefix(REF)], shapes, name)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], shapes, name)
    known = OF_NAME.get(name)
    if known is not None and _is_of(known, schema.get("type")):
        return known
    return _of_type(schema, shapes, name)


def _of_type(schema: Mapping[str, Any], shapes: Mapping[str, Any], name: str) -> Any:
    kind = schema.get("type")
    match kind if isinstance(kind, str) else (kind or ["null"])[0]:
        case "object":
            parts = schema.get("properties", {})
            return {key: sample(part, shapes, key) for key, part in parts.items()}
        case "array":
            items = schema.get("prefixItems") or ([schema["items"]] if schema.get("items") else [])
            return [sample(item, shapes, name) for item in items]
        case "string":
            return OF_FORMAT.get(schema.get("format", ""), "")
        case other:
            return OF_TYPE[other]


def _is_of(value: Any, kind: Any) -> bool:
    return {"string": str, "integer": int, "array": list}.get(kind) is type(value)

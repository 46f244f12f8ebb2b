"""The JSON Schema of jobs.toml, from the types that read it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from jobrunner.config.declared import OWN
from jobrunner.config.decode import SIGNALS
from jobrunner.config.described import KEYS, TOP
from jobrunner.config.diagnose import fields
from jobrunner.config.moment import WINDOW_PATTERN
from jobrunner.config.names import NAME_PATTERN
from jobrunner.config.quantity import DURATION_PATTERN, SIZE_PATTERN, spelt, spelt_size
from jobrunner.config.short import SHORTS
from jobrunner.model.job import Job
from jobrunner.model.settings import Channel, Cluster, Crontab, Metrics, Serve, Settings
from jobrunner.model.value import (
    Days,
    Duration,
    Moment,
    Moments,
    Regex,
    Secret,
    Signal,
    Size,
    Windows,
    Words,
    Zone,
)

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NAMED: Schema = {"pattern": f"^{NAME_PATTERN}$"}
# tombi's names for the three kinds of TOML.
DAY: Schema = {"type": "string", "format": "date"}
INSTANTS: list[Schema] = [
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "date-time-local"},
]
NATURAL: Schema = {"type": "integer", "minimum": 0}


def _several(*one: Schema) -> Schema:
    """One value or a list of them."""
    item = one[0] if len(one) == 1 else {"anyOf": list(one)}
    return {"anyOf": [*one, {"type": "array", "items": item}]}


CUSTOM: Mapping[type, Schema] = {
    Duration: {
        "anyOf": [{"type": "string", "minLength": 2, "pattern": f"^{DURATION_PATTERN}$"}, NATURAL]
    },
    Size: {"anyOf": [{"type": "string", "pattern": f"^{SIZE_PATTERN}$"}, NATURAL]},
    Words: _several({"type": "string", "minLength": 1}),
    Regex: {"type": "string"},
    Secret: {"type": "string"},
    Signal: {"type": "string", "enum": [*SIGNALS, *(f"SIG{name}" for name in SIGNALS)]},
    Zone: {"type": "string", "minLength": 1},
    Moment: {"anyOf": [DAY, *INSTANTS]},
    Moments: _several(*INSTANTS),
    Days: _several(DAY),
    Windows: _several({"type": "string", "pattern": f"^{WINDOW_PATTERN}$"}),
}


def schema() -> Schema:
    """The schema of a main file; an included one is a part of it."""
    definitions: dict[str, Schema] = {}
    job = _struct(Job, definitions)
    defaults = {key: value for key, value in job["properties"].items() if key not in OWN}
    properties: dict[str, Schema] = {
        "version": {"const": 1},
        "include": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "crontabs": {
            "type": "array",
            "items": {"anyOf": [{"type": "string", "minLength": 1}, _ref(Crontab, definitions)]},
        },
        "settings": _ref(Settings, definitions),
        "defaults": {"type": "object", "additionalProperties": False, "properties": defaults},
        "jobs": _named(_ref(Job, definitions)),
        "pools": _named({"type": "integer", "minimum": 1}),
        "notify": _named(_ref(Channel, definitions)),
        "serve": _ref(Serve, definitions),
        "metrics": _ref(Metrics, definitions),
        "cluster": _ref(Cluster, definitions),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "jobs.toml of jobrunner",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            key: {**value, "description": TOP[key]} for key, value in properties.items()
        },
        "definitions": dict(sorted(definitions.items())),
    }


def _named(one: Schema) -> Schema:
    return {"type": "object", "propertyNames": NAMED, "additionalProperties": one}


def _ref(struct: type, definitions: dict[str, Schema]) -> Schema:
    if struct.__name__ not in definitions:
        definitions[struct.__name__] = _struct(struct, definitions)
    return {"$ref": f"#/definitions/{struct.__name__}"}


def _struct(struct: type, definitions: dict[str, Schema]) -> Schema:
    said = KEYS[struct]
    keys = fields(struct)
    properties = {key: _key(struct, key, definitions) for key in said}
    for key, value in properties.items():
        value["description"] = said[key]
    required = [key for key, field in keys.items() if field.required and struct is not Job]
    more = {"required": required} if required else {}
    return {"type": "object", "additionalProperties": False, "properties": properties, **more}


def _key(struct: type, key: str, definitions: dict[str, Schema]) -> Schema:
    field = fields(struct).get(key)
    short = SHORTS.get(key) if struct is Job else None
    if field is None:
        assert short is not None
        return dict(short.schema)
    full = _type(field.type, definitions)
    if key == "env":
        full["additionalProperties"] = {"type": ["string", "integer"]}
    whole = {"anyOf": [full, short.schema]} if short else full
    default = plain(field.default)
    return {**whole, "default": default} if default not in (None, "", [], {}) else {**whole}


def _type(kind: inspect.Type, definitions: dict[str, Schema]) -> Schema:
    match kind:
        case inspect.Metadata():
            return _type(kind.type, definitions)
        case inspect.CustomType(cls=cls) | inspect.StructType(cls=cls):
            return dict(CUSTOM[cls]) if cls in CUSTOM else _ref(cls, definitions)
        case inspect.UnionType():
            types = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            schemas = [_type(one, definitions) for one in types]
            return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        case inspect.VarTupleType() | inspect.DictType():
            return _collection(kind, definitions)
        case inspect.AnyType():
            return {}
    return _scalar(kind)


def _collection(
    kind: inspect.VarTupleType | inspect.DictType, definitions: dict[str, Schema]
) -> Schema:
    if isinstance(kind, inspect.VarTupleType):
        least = {"minItems": kind.min_length} if kind.min_length else {}
        return {"type": "array", "items": _type(kind.item_type, definitions), **least}
    names = _type(kind.key_type, definitions)
    named = {"propertyNames": {"pattern": names["pattern"]}} if "pattern" in names else {}
    values = _type(kind.value_type, definitions)
    return {"type": "object", "additionalProperties": values, **named}


def _scalar(kind: inspect.Type) -> Schema:
    match kind:
        case inspect.LiteralType():
            return {"type": "string", "enum": sorted(map(str, kind.values))}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType():
            bounds = {"minimum": kind.ge, "maximum": kind.le}
            return {"type": "integer", **{k: v for k, v in bounds.items() if v is not None}}
    assert isinstance(kind, inspect.StrType)
    pattern = {"pattern": kind.pattern.replace("\\Z", "$")} if kind.pattern else {}
    return {**TEXT, **pattern}


def plain(default: object) -> Any:
    """A default as jobs.toml would spell it; None where there is none to tell."""
    if default is NODEFAULT or isinstance(default, Struct):
        return None
    if isinstance(default, timedelta):
        return spelt(default)
    if isinstance(default, Size):
        return spelt_size(default)
    if isinstance(default, tuple):
        return [plain(one) for one in default]
    return default

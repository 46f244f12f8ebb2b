"""Zones that JSON does not carry: it has the offset of an instant, and the name is told beside."""

from datetime import datetime, tzinfo
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from jobrunner.config.finding import Refusal
from jobrunner.config.zone import zone

T = TypeVar("T")


def zone_of(name: str) -> tzinfo | None:
    """The zone of that name, if this host knows it."""
    try:
        return zone(name).info
    except Refusal:
        return None


def zoned(value: T, name: str) -> T:
    """The value with all its times in the zone of that name, as on the host that they are of."""
    there = zone_of(name)
    return value if there is None else _moved(value, there)


def _moved(value: T, there: tzinfo) -> T:
    moved: object = value
    if isinstance(value, datetime):
        moved = value.astimezone(there)
    elif isinstance(value, tuple):
        moved = tuple(_moved(one, there) for one in value)
    elif isinstance(value, Struct):
        moved = replace(value, **{key: _moved(one, there) for key, one in asdict(value).items()})
    return moved  # type: ignore[return-value]  # a value of the same kind

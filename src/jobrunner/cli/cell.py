"""Values as cells of an answer to other programs."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from jobrunner.cli.option import manner
from jobrunner.config.spelling import shown


def builtins(value: Any) -> Any:
    """A value as JSON has it, its times in UTC if that is asked for."""
    if not manner().utc:
        return msgspec.to_builtins(value)
    return msgspec.to_builtins(_in_utc(msgspec.to_builtins(value, builtin_types=(datetime,))))


def plain(value: object) -> str:
    """A value of a row as one cell for other programs; nothing for unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return _seen(value).isoformat()
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return shown(",".join(value))
    return shown(msgspec.json.encode(builtins(value)).decode())


def _in_utc(value: Any) -> Any:
    match value:
        case datetime():
            return _seen(value)
        case dict():
            return {key: _in_utc(one) for key, one in value.items()}
        case list() | tuple():
            return [_in_utc(one) for one in value]
    return value


def _seen(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if manner().utc else moment

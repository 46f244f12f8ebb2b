"""Values as cells of an answer to other programs."""

from datetime import datetime

import msgspec

from jobrunner.config.spelling import shown


def plain(value: object) -> str:
    """A value of a row as one cell for other programs; nothing for unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return shown(",".join(value))
    return shown(msgspec.json.encode(value).decode())

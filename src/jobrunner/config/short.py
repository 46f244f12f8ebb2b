"""Short forms of job keys: what they may hold, and what they stand for."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import told

COUNTRY_PATTERN = r"[A-Z]{2,3}(?:-[A-Za-z0-9]{1,10})?"
COUNTRY = re.compile(COUNTRY_PATTERN)
MOST = 2**31 - 1


class Short(NamedTuple):
    """One short form: its TOML type, its check, and its JSON Schema."""

    type: type
    check: Callable[[Any], None]
    schema: dict[str, Any]


def _off(value: bool) -> None:
    if value:
        raise Refusal("E102", "true is no value here", "false turns a default off")


def _natural(value: int) -> None:
    if not 0 <= value <= MOST:
        raise Refusal("E103", f"{told(value)} is not a number from 0 on")


def _positive(value: int) -> None:
    if not 1 <= value <= MOST:
        raise Refusal("E103", f"{told(value)} is not a number from 1 on")


def _country(value: str) -> None:
    if not COUNTRY.fullmatch(value):
        hint = 'write "DE" or "DE-BY", or a table with country, ics or file'
        raise Refusal("E113", f"{told(value)} is not a country or region", hint)


OFF = Short(bool, _off, {"const": False, "description": "turns a default off"})
SHORTS = {
    "retries": Short(int, _natural, {"type": "integer", "minimum": 0, "maximum": MOST}),
    "notify_after": Short(int, _positive, {"type": "integer", "minimum": 1, "maximum": MOST}),
    "calendar": Short(str, _country, {"type": "string", "pattern": f"^{COUNTRY_PATTERN}$"}),
    "timeout": OFF,
    "slow_after": OFF,
    "queue_timeout": OFF,
    "notify_every": OFF,
    "breaker": OFF,
}


def country(value: str) -> dict[str, str]:
    """The table that "DE-BY" stands for."""
    _country(value)
    code, _, region = value.partition("-")
    return {"country": code, "region": region}


def texts(table: Any) -> Any:
    """Variables as strings; whole numbers may be written without quotes."""
    if not isinstance(table, dict):
        return table
    return {name: _text(value) for name, value in table.items()}


def _text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return str(value) if abs(value) <= 2**63 else value

"""Values of any depth, with the placeholders in their texts filled."""

from collections.abc import Mapping
from typing import Any

from jobrunner.template import Facts, fill


def filled(value: Any, facts: Facts) -> Any:
    """The same value, each text in it filled; names of tables stay as they are."""
    match value:
        case str():
            return fill(value, facts)
        case Mapping():
            return {name: filled(one, facts) for name, one in value.items()}
        case list() | tuple():
            return [filled(one, facts) for one in value]
    return value

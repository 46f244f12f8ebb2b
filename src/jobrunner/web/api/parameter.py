"""What queries of the API have in common: their parameters, and what is said of them."""

from collections.abc import Collection
from datetime import datetime, timedelta, tzinfo
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, WithJsonSchema

from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import quoted
from jobrunner.config.zone import host_zone
from jobrunner.engine.past.when import Span, span
from jobrunner.web.problem import RefusedError, invalid

LONG = 200

Jobs = Annotated[list[str], Query(description="Only of this job; may be repeated.")]
Tags = Annotated[list[str], Query(description="Only jobs with this tag; may be repeated.")]
Moment = Annotated[
    str,
    Query(
        max_length=LONG,
        description="A moment: `7d` for so long ago, `2026-11-17`, `2026-11-17T02:30`,"
        " `2026-11-17T02:30:00Z`. Without an offset it is meant in this host's zone.",
    ),
]
Distance = Annotated[
    str, Query(max_length=LONG, description="A duration, spelt as in jobs.toml: `90m`, `24h`.")
]


def among(words: Collection[str]) -> tuple[AfterValidator, WithJsonSchema]:
    """What makes a text one of these words."""

    def check(text: str) -> str:
        if text not in words:
            raise ValueError(f"There is no {quoted(text)}; there are: {' '.join(words)}")
        return text

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": [*words]})


def moment(text: str, now: datetime, name: str, zone: tzinfo | None = None) -> Span:
    """The time that the parameter of this name covers."""
    try:
        return span(text, zone or host_zone().info, now)
    except ValueError as error:
        raise wrong(name, str(error)) from error


def distance(text: str, name: str, most: timedelta) -> timedelta:
    """The duration in the parameter of this name, which is positive and bounded."""
    try:
        found = quantity.duration(text)
    except Refusal as refusal:
        raise wrong(name, refusal.told) from refusal
    if not timedelta() < found <= most:
        raise wrong(name, f"{text} is not from 1s to {quantity.spelt(most)}.")
    return found


def wrong(name: str, detail: str) -> RefusedError:
    """Of a parameter whose value is none that it can have."""
    return invalid(f"/query/{name}", detail)

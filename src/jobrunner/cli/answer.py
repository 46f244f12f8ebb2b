"""What commands are asked for and answer with, beside text: fields, durations, names, JSON."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import click
import msgspec

from jobrunner.cli import output
from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import meant, quoted


def as_json(values: Sequence[Any], fields: Sequence[str] = ()) -> None:
    """The values as a JSON array, with all their fields or the chosen ones."""
    rows = msgspec.to_builtins(values)
    if fields:
        rows = [{name: row[name] for name in fields} for row in rows]
    output.say(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())


def chosen_fields(fields: str | None, kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that an option names, or all; an unknown one is refused and the known named."""
    known = kind.__struct_fields__
    chosen = tuple(fields.split(",")) if fields else known
    for name in chosen:
        if name not in known:
            names = f"Fields: {' '.join(sorted(known))}"
            raise click.UsageError(f"{unknown('field', name, known)}\n{names}")
    return chosen


def duration(text: str) -> timedelta:
    """A duration that an option gives, spelt as in jobs.toml."""
    try:
        return quantity.duration(text)
    except Refusal as refusal:
        raise click.UsageError(f"{refusal}: {refusal.hint}") from refusal


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """That there is no such thing, and which one was probably meant."""
    hint = meant(name, known)
    return f"no {kind} named {quoted(name)}." + (f" D{hint[1:]}" if hint else "")

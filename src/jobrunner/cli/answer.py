"""What commands are asked for and answer with, beside text: fields, durations, names, JSON."""

import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import IO, Any

import click
import msgspec

from jobrunner.cli import cell, output
from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import nearest, quoted

ROOM = 73  # columns of 80: an error is indented


class FieldError(click.UsageError):
    """A field that there is not: the list of those that are says more than the usage."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Error: {self.message}", file=file or sys.stderr)


def as_json(values: Sequence[Any], fields: Sequence[str] = ()) -> None:
    """The values as a JSON array, one a line, with all their fields or the chosen ones."""
    rows = cell.builtins(values)
    if fields:
        rows = [{name: row[name] for name in fields} for row in rows]
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    output.say(f"[\n{lines}\n]" if rows else "[]")


def as_object(value: msgspec.Struct, fields: Iterable[str]) -> None:
    """One value as a JSON object, with the chosen fields."""
    told = cell.builtins(value)
    text = msgspec.json.encode({name: told[name] for name in fields})
    output.say(msgspec.json.format(text, indent=2).decode())


def chosen_fields(fields: str | None, kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that an option names, or all; an unknown one is refused and the known named."""
    known = kind.__struct_fields__
    chosen = tuple(fields.split(",")) if fields else known
    for name in chosen:
        if name not in known:
            near = nearest(name, known)
            hint = f' Did you mean "{near}"?' if near else ""
            names = f"Fields: {' '.join(sorted(known))}"
            names = textwrap.fill(names, ROOM, subsequent_indent=" " * 8)
            raise FieldError(f"unknown field {quoted(name)}.{hint}\n{names}")
    return chosen


def duration(text: str) -> timedelta:
    """A duration that an option gives, spelt as in jobs.toml."""
    try:
        return quantity.duration(text)
    except Refusal as refusal:
        raise click.UsageError(f"{refusal}: {refusal.hint}") from refusal

"""Options that every command takes, before its name or after it, and those of every answer."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from jobrunner.clock import Clock

F = TypeVar("F", bound=Callable[..., Any])


class Manner:
    """How an answer is wanted."""

    color: str = "auto"
    plain: bool = False
    utc: bool = False
    absolute: bool = False
    quiet: bool = False
    coloured: bool | None = None  # as it was found; see `output`


class Globals(Manner):
    """What the global options say, of which the last counts, and the clock that commands read."""

    config: str | None = None
    debug: bool = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock


def manner() -> Manner:
    """How the command that is running is to answer."""
    context = click.get_current_context(silent=True)
    return (context.find_object(Globals) if context else None) or Manner()


def global_options(function: F) -> F:
    """Add the options; what they say is in the `Globals` that the context carries."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def json_options(shape: str) -> Callable[[F], F]:
    """Add `--json`, with what it answers as its help, and `--fields`."""
    as_json = click.option("--json", "as_json", is_flag=True, help=shape)
    fields = click.option("--fields", help="Only these fields, separated by commas.")
    return lambda function: as_json(fields(function))


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and param.name is not None:
        setattr(ctx.find_object(Globals), param.name, value)


def _flag(*names: str, **more: Any) -> Callable[[F], F]:
    told = {"is_flag": True, "default": None, "expose_value": False, "callback": _keep}
    return click.option(*names, **(told | more))


_OPTIONS = (
    click.option(
        "-c",
        "--config",
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="The jobs.toml to use; - reads it from standard input.",
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        expose_value=False,
        callback=_keep,
        help="Colour; auto means on a terminal, unless NO_COLOR is set.",
    ),
    _flag("--no-color", "color", flag_value="never", hidden=True, help="As --color never."),
    _flag("--plain", help="Answer as in a pipe: tabs, no heading, nothing cut."),
    _flag("--utc", help="Times in UTC."),
    _flag("--absolute", help='Dates and times in the place of "2h ago".'),
    _flag("-q", "--quiet", help="Only answers and errors: no hints, no word of what was done."),
    _flag("--debug", help="Show the traceback of an internal error."),
)

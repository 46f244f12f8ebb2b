"""Options that every command takes, before its name or after it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from jobrunner.clock import Clock

F = TypeVar("F", bound=Callable[..., Any])


class Globals:
    """What the global options say, of which the last counts, and the clock that commands read."""

    config: str | None = None
    color: str = "auto"
    debug: bool = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock


def global_options(function: F) -> F:
    """Add the options; what they say is in the `Globals` that the context carries."""
    debug = click.option(
        "--debug",
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_keep,
        help="Show the traceback of an internal error.",
    )
    color = click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        expose_value=False,
        callback=_keep,
        help="Colour; auto means on a terminal, unless NO_COLOR is set.",
    )
    config = click.option(
        "-c",
        "--config",
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="The jobs.toml to use; - reads it from standard input.",
    )
    return config(color(debug(function)))


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and param.name is not None:
        setattr(ctx.find_object(Globals), param.name, value)

"""Points in time as options give them."""

from datetime import datetime, tzinfo

import click

from jobrunner.engine.past.when import Span
from jobrunner.engine.past.when import span as read


def span(text: str, zone: tzinfo, now: datetime, option: str) -> Span:
    """The time that the value of an option covers; what is none is refused by its name."""
    try:
        return read(text, zone, now)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error

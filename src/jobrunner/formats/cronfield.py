"""Fields of a cron expression as the plain forms that every cron knows: values, ranges, steps."""

import re
from collections.abc import Sequence

from jobrunner.cron.expression import Expression
from jobrunner.cron.field import DAY, HOUR, MINUTE, MONTH, WEEKDAY, Field, Place

CLASSIC = re.compile(
    r"(?:\*|(?:[0-9]+|[a-z]{3})-(?:[0-9]+|[a-z]{3})|(?:[0-9]+|[a-z]{3})(?!/))(?:/[0-9]+)?",
    re.IGNORECASE,
)
SHORTEST_RUN = 3
WEEKDAY_HIGH = 6
PLACES = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


def classic(expression: Expression) -> str | None:
    """The five fields as any cron reads them; None where it takes more than five such fields."""
    parts = (
        expression.minute,
        expression.hour,
        expression.day,
        expression.month,
        expression.weekday,
    )
    if any(field.forms for field in parts) or expression.year.text != "*":
        return None
    if expression.second.values != (0,):
        return None
    return " ".join(_field(place, field) for place, field in zip(PLACES, parts, strict=True))


def numeric(expression: Expression) -> str | None:
    """The same in numbers, for crons that take both days only where neither begins with *."""
    day, weekday = expression.day, expression.weekday
    is_and = day.starred or weekday.starred
    if classic(expression) is None or (is_and and _bounds(DAY, day) and _bounds(WEEKDAY, weekday)):
        return None
    parts = (expression.minute, expression.hour, day, expression.month, weekday)
    return " ".join(
        "*" if is_and and not _bounds(place, field) else _numbers(place, field)
        for place, field in zip(PLACES, parts, strict=True)
    )


def _bounds(place: Place, field: Field) -> bool:
    """Whether it leaves a value out."""
    return len(field.values) < place.high - place.low + (place is not WEEKDAY)


def _numbers(place: Place, field: Field) -> str:
    if place not in (DAY, WEEKDAY) and not _bounds(place, field):
        return "*"
    return _stepped(place, field) or ranges(field.values)


def ranges(values: Sequence[int]) -> str:
    """Values as a list in which neighbours are ranges."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(
        f"{run[0]}-{run[-1]}" if len(run) >= SHORTEST_RUN else ",".join(map(str, run))
        for run in runs
    )


def _field(place: Place, field: Field) -> str:
    """As it was written, where that is classic; else its values.

    A field that begins with * follows other rules, so that values never become one.
    """
    if all(CLASSIC.fullmatch(piece) for piece in field.text.split(",")):
        return field.text
    if field.text == "?":
        return "*"
    return _stepped(place, field) or ranges(field.values)


def _stepped(place: Place, field: Field) -> str:
    """Values that go up to the end in steps; empty where they do not."""
    high = WEEKDAY_HIGH if place is WEEKDAY else place.high
    if len(field.values) > SHORTEST_RUN:
        first, step = field.values[0], field.values[1] - field.values[0]
        if step > 1 and field.values == tuple(range(first, high + 1, step)):
            return f"{first}-{high}/{step}"
    return ""

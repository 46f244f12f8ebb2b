"""Cron expressions as OnCalendar, as in systemd.time(7): one or several, whose union they are."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from jobrunner.cron.expression import Expression
from jobrunner.cron.field import Field
from jobrunner.cron.form import Form, Kind
from jobrunner.formats.leaving import CannotSayError

WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
WEEK = 7
DAYS = tuple(range(1, 32))
EACH_WEEKDAY = tuple(range(WEEK))
LONGEST_MONTH = 31
SHORTEST_RUN = 3


class _Day(NamedTuple):
    """Which days: weekdays of which all that are counted in `days` match; both must hold."""

    weekdays: Sequence[int] = EACH_WEEKDAY
    days: str = "-*"


ANY = _Day()


def calendars_of(expression: Expression, zone: str) -> list[str]:
    """The values of OnCalendar; CannotSayError where systemd has no word for a part."""
    time = ":".join(
        _component(field.values, high)
        for field, high in (
            (expression.hour, 23),
            (expression.minute, 59),
            (expression.second, 59),
        )
    )
    year = "*" if expression.year.text == "*" else _component(expression.year.values, 2099)
    month = _component(expression.month.values, 12, low=1)
    return [
        f"{_weekdays(day.weekdays)}{year}-{month}{day.days} {time}{zone and f' {zone}'}"
        for day in dict.fromkeys(_days(expression))
    ]


def _days(expression: Expression) -> Iterator[_Day]:
    days = list(_of_month(expression.day))
    weekdays = list(_of_week(expression.weekday))
    if not expression.day.starred and not expression.weekday.starred:
        yield from (*days, *weekdays)
        return
    for one, other in product(days, weekdays):
        if one.days != "-*" and other.days != "-*":
            raise CannotSayError("a weekday of the month that must be certain days, too")
        yield _Day(other.weekdays, one.days if other.days == "-*" else other.days)


def _of_month(field: Field) -> Iterator[_Day]:
    if field.values == DAYS:
        yield ANY
    elif field.values:
        yield _Day(days=f"-{_component(field.values, LONGEST_MONTH, low=1)}")
    for form in field.forms:
        if form.kind is not Kind.LAST:
            raise CannotSayError("weekdays nearest to a day")
        yield _Day(days="~01")


def _of_week(field: Field) -> Iterator[_Day]:
    if field.values:
        yield _Day(field.values)
    yield from (_Day((form.number,), _counted(form)) for form in field.forms)


def _counted(form: Form) -> str:
    """Among which days of a month the last or the nth of a weekday is."""
    if form.kind is Kind.LAST_WEEKDAY:
        return "~07/1"
    first = (form.nth - 1) * WEEK + 1
    return f"-{first:02}..{min(first + WEEK - 1, LONGEST_MONTH):02}"


def _weekdays(numbers: Sequence[int]) -> str:
    if tuple(numbers) == EACH_WEEKDAY:
        return ""
    return ",".join(WEEKDAYS[number] for number in numbers) + " "


def _component(values: Sequence[int], high: int, low: int = 0) -> str:
    if tuple(values) == tuple(range(low, high + 1)):
        return "*"
    if len(values) >= SHORTEST_RUN:
        step = values[1] - values[0]
        if step > 1 and tuple(values) == tuple(range(values[0], high + 1, step)):
            return f"{values[0]:02}/{step}"
        if tuple(values) == tuple(range(values[0], values[-1] + 1)):
            return f"{values[0]:02}..{values[-1]:02}"
    return ",".join(f"{value:02}" for value in values)

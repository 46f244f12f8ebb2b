"""A cron expression in English words."""

from collections.abc import Callable, Sequence
from itertools import product

from jobrunner.cron.expression import Expression
from jobrunner.cron.field import Field
from jobrunner.cron.form import Form, Kind
from jobrunner.cron.month import DAY_NAMES, MONTH_NAMES

LONGEST = 190
# How many pieces of a list are told before the rest is only counted; fewer if it gets too long.
PIECES = (16, 8, 5, 3, 2, 1)
MOST_TIMES = 4
FEWEST_STEPS = 4
WORKDAYS, WEEKEND = (1, 2, 3, 4, 5), (0, 6)
HOURS, MINUTES, DAYS, WEEKDAYS, MONTHS = 24, 60, 31, 7, 12
SHORTEST_RUN = 3
TEENS = range(11, 14)
NTH = ("first", "second", "third", "fourth", "fifth")


def describe(expression: Expression) -> str:
    """When the expression comes due, in a line of less than 190 characters."""
    for pieces in PIECES:
        words = _Words(expression, pieces).told()
        if len(words) < LONGEST:
            break
    return words[0].upper() + words[1:]


class _Words:
    """The words for one expression, with at most so many pieces in each list."""

    def __init__(self, expression: Expression, pieces: int) -> None:
        self._expression = expression
        self._pieces = pieces

    def told(self) -> str:
        parts = (self._times(), self._days(), self._months(), self._years())
        return " ".join(part for part in parts if part)

    def _times(self) -> str:
        said = self._expression
        hours, minutes, seconds = said.hour.values, said.minute.values, said.second.values
        if self._few_times():
            times = [_time(*parts) for parts in product(hours, minutes, seconds)]
            return f"at {self._listed(times)}"
        units = [self._unit("minute", minutes, MINUTES)]
        if seconds != (0,):
            units.insert(0, self._unit("second", seconds, MINUTES))
        return _at(" of ".join(_without_needless(units)) + self._hours(units[-1]))

    def _few_times(self) -> bool:
        times = self._expression.wall.times
        return len(times) <= MOST_TIMES and len(times.hours) < HOURS

    def _hours(self, minutes: str) -> str:
        """The hours, said after the minutes."""
        values = self._expression.hour.values
        if minutes.startswith("every"):
            if len(values) == HOURS:
                return ""
            if _is_run(values):
                return f" from {values[0]:02}:00 to {values[-1]:02}:59"
        return f" of {self._unit('hour', values, HOURS)}"

    def _unit(self, name: str, values: Sequence[int], size: int) -> str:
        """Seconds, minutes or hours: "every minute", "every 15th minute", "minutes 5 and 7"."""
        step = size // len(values)
        if list(values) == list(range(0, size, step)) and size % step == 0 and len(values) > 1:
            return f"every {name}" if step == 1 else f"every {_ordinal(step)} {name}"
        plural = "s" if len(values) > 1 else ""
        return f"{name}{plural} {self._series(values, str)}"

    def _days(self) -> str:
        said = self._expression
        parts = [self._month_days(said.day), self._weekdays(said.weekday)]
        both = said.day.starred or said.weekday.starred
        if not all(parts) and (not both or not any(parts)):
            return "every day" if self._few_times() else ""
        return "on " + (" if also on " if both else " or on ").join(part for part in parts if part)

    def _month_days(self, day: Field) -> str:
        """The days of the month; nothing if that is all of them."""
        if len(day.values) == DAYS:
            return ""
        said = [f"the {self._series(day.values, _ordinal)}"] if day.values else []
        said += [_form(form) for form in day.forms]
        return f"{self._listed(said)} of the month"

    def _weekdays(self, weekday: Field) -> str:
        if len(weekday.values) == WEEKDAYS:
            return ""
        said = [self._plain_weekdays(weekday.values)] if weekday.values else []
        forms = [_form(form) for form in weekday.forms]
        return self._listed([*said, *forms]) + (" of the month" if forms else "")

    def _plain_weekdays(self, values: tuple[int, ...]) -> str:
        if values == WORKDAYS:
            return "weekdays"
        if values == WEEKEND:
            return "Saturday and Sunday"
        return self._series(sorted(values, key=_from_monday), _weekday, steps=False)

    def _months(self) -> str:
        values = self._expression.month.values
        names = self._series(values, lambda number: MONTH_NAMES[number], steps=False)
        return "" if len(values) == MONTHS else f"in {names}"

    def _years(self) -> str:
        year = self._expression.year
        return f"in {self._series(year.values, str)}" if year.values else ""

    def _series(
        self, values: Sequence[int], name: Callable[[int], str], *, steps: bool = True
    ) -> str:
        """Numbers as a list; neighbours as "5 to 9", regular ones as "0 to 56 in steps of 7"."""
        step = values[1] - values[0] if len(values) > 1 else 1
        regular = range(values[0], values[-1] + 1, step) if step > 1 else ()
        if steps and len(values) >= FEWEST_STEPS and list(values) == list(regular):
            return f"{name(values[0])} to {name(values[-1])} in steps of {step}"
        return self._listed([_stretch(run, name) for run in _runs(values)])

    def _listed(self, items: list[str]) -> str:
        if len(items) > self._pieces + 1:
            left_out = len(items) - self._pieces
            items = [*items[: self._pieces], f"{left_out} more"]
        return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def _time(hour: int, minute: int, second: int) -> str:
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


def _at(words: str) -> str:
    return words if words.startswith("every") else f"at {words}"


def _without_needless(units: list[str]) -> list[str]:
    """Every second of every minute is every second."""
    return units[:1] if units == ["every second", "every minute"] else units


def _is_run(values: Sequence[int]) -> bool:
    return list(values) == list(range(values[0], values[-1] + 1))


def _runs(values: Sequence[int]) -> list[list[int]]:
    """The values in runs of neighbours; two neighbours are no run yet."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return [part for run in runs for part in _parts(run)]


def _parts(run: list[int]) -> list[list[int]]:
    return [run] if len(run) >= SHORTEST_RUN else [[value] for value in run]


def _stretch(run: list[int], name: Callable[[int], str]) -> str:
    return name(run[0]) if len(run) == 1 else f"{name(run[0])} to {name(run[-1])}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number in TEENS else ending}"


def _from_monday(weekday: int) -> int:
    return (weekday - 1) % 7


def _weekday(number: int) -> str:
    return DAY_NAMES[_from_monday(number)]


def _form(form: Form) -> str:
    match form.kind:
        case Kind.LAST:
            return "the last day"
        case Kind.LAST_WORKDAY:
            return "the last weekday"
        case Kind.NEAREST:
            return f"the weekday nearest the {_ordinal(form.number)}"
        case Kind.LAST_WEEKDAY:
            return f"the last {_weekday(form.number)}"
        case Kind.NTH_WEEKDAY:
            return f"the {NTH[form.nth - 1]} {_weekday(form.number)}"

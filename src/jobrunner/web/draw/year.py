"""A year of days, a square each: as strong as much ran, red as much failed."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from markupsafe import Markup
from msgspec import Struct

from jobrunner.web.draw.svg import element, picture
from jobrunner.words import numbered

CELL = 13
SIDE = 11
LEFT = 30
TOP = 18
WEEKS = 53
DAYS = 7
BAD = (0.1, 0.5)  # shares of failed runs from which a day is redder
GOOD = (0.34, 0.67)


class Day(Struct, frozen=True):
    """What became of the slots of one day: all runs, those that failed, slots without a run."""

    runs: int
    failed: int = 0
    idle: int = 0


def year(days: Mapping[date, Day], last: date) -> Markup:
    """The 53 weeks up to the week of `last`, Mondays on top."""
    first = last - timedelta(days=last.weekday(), weeks=WEEKS - 1)
    most = max((day.runs for day in days.values()), default=0)
    cells = [
        cell
        for number in range((last - first).days + 1)
        for cell in _cell(days.get(first + timedelta(days=number)), number, first, most)
    ]
    return picture(
        told(days),
        *_months(first),
        *_weekdays(),
        *cells,
        kind="drawn year",
        view=f"0 0 {LEFT + WEEKS * CELL} {TOP + DAYS * CELL}",
    )


def told(days: Mapping[date, Day]) -> str:
    """What the year shows, in words."""
    runs = sum(day.runs for day in days.values())
    failed = sum(day.failed for day in days.values())
    bad = sum(1 for day in days.values() if day.failed)
    on_days = f", on {numbered(bad, 'day')}" if bad else ""
    return f"{numbered(runs, 'run')} in a year, {failed:,} failed{on_days}"


def _cell(day: Day | None, number: int, first: date, most: int) -> Iterator[Markup]:
    week, weekday = divmod(number, DAYS)
    x, y = LEFT + week * CELL, TOP + weekday * CELL
    on = first + timedelta(days=number)
    title = element("title", f"{on:%a} {on.day} {on:%b %Y}: {_said(day)}")
    kind = _kind(day, most)
    yield element("rect", title, kind=kind, x=x, y=y, width=SIDE, height=SIDE)
    if day and day.failed:  # a mark beside the colour
        yield element("path", kind="dot", d=f"M{x + 5.5} {y + 5.5}h0", pointer_events="none")


def _said(day: Day | None) -> str:
    if day is None:
        return "nothing"
    idle = f", {day.idle:,} skipped or missed" if day.idle else ""
    return f"{numbered(day.runs, 'run')}, {day.failed:,} failed{idle}"


def _kind(day: Day | None, most: int) -> str | None:
    if day is None or (not day.runs and not day.idle):
        return None
    if not day.runs:
        return "idle"
    if day.failed:
        return f"bad{_grade(day.failed / day.runs, BAD)}"
    return f"ok{_grade(day.runs / most, GOOD)}"


def _grade(share: float, steps: tuple[float, float]) -> int:
    return 1 + sum(share >= step for step in steps)


def _months(first: date) -> Iterator[Markup]:
    """The name of a month over the week in which it begins."""
    for week in range(WEEKS - 1):
        monday = first + timedelta(weeks=week)
        begun = monday + timedelta(days=DAYS - 1)
        if begun.day <= DAYS:
            yield element("text", f"{begun:%b}", x=LEFT + week * CELL, y=11)


def _weekdays() -> Iterator[Markup]:
    for weekday, name in ((0, "Mon"), (2, "Wed"), (4, "Fri")):
        yield element("text", name, x=0, y=TOP + weekday * CELL + 10)

"""On which days a cron expression comes due."""

from collections.abc import Iterable
from datetime import date
from itertools import product

from msgspec import Struct

from jobrunner.cron.field import Field
from jobrunner.cron.form import ALL_DAYS, ALL_WEEKDAYS, Form
from jobrunner.cron.month import MONTH_NAMES, length

# Slots lie in these years: no job is planned outside them, and every search has an end.
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2199, 12, 31)
ALL_MONTHS = frozenset(range(1, 13))
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Leap or not, and beginning on any of seven weekdays: these years show every calendar there is.
EVERY_CALENDAR = range(2000, 2028)


class Term(Struct, frozen=True):
    """Days that are in `days` AND in `weekdays` AND meant by each of `forms`."""

    days: frozenset[int] = ALL_DAYS
    weekdays: frozenset[int] = ALL_WEEKDAYS
    forms: tuple[Form, ...] = ()

    def holds(self, day: date) -> bool:
        return (
            day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
            and all(form.holds(day) for form in self.forms)
        )

    def narrowed(self, other: "Term") -> "Term":
        """The days on which both hold."""
        return Term(
            self.days & other.days, self.weekdays & other.weekdays, self.forms + other.forms
        )


class Days(Struct, frozen=True):
    """The days in `months` (of `years`, if any are given) on which one of `terms` holds."""

    months: frozenset[int]
    terms: tuple[Term, ...]
    years: frozenset[int] = frozenset()

    def holds(self, day: date) -> bool:
        return (
            day.month in self.months
            and FIRST_DAY <= day <= LAST_DAY
            and (not self.years or day.year in self.years)
            and any(term.holds(day) for term in self.terms)
        )


def read_days(day: Field, month: Field, weekday: Field, years: Iterable[int] = ()) -> Days:
    """Day of month and weekday taken together as crontab(5) of Debian has it.

    Both must hold if either field starts with *; if neither does, one is enough.
    """
    by_day = [Term(days=form.days, weekdays=form.weekdays, forms=(form,)) for form in day.forms]
    by_weekday = [
        Term(days=form.days, weekdays=form.weekdays, forms=(form,)) for form in weekday.forms
    ]
    if day.values:
        by_day.append(Term(days=frozenset(day.values)))
    if weekday.values:
        by_weekday.append(Term(weekdays=frozenset(weekday.values)))
    if day.starred or weekday.starred:
        terms = [one.narrowed(other) for one, other in product(by_day, by_weekday)]
    else:
        terms = by_day + by_weekday
    return Days(frozenset(month.values), tuple(terms), frozenset(years))


def ever_holds(days: Days) -> bool:
    """Whether there is such a day at all.

    Without years and forms every weekday falls on every date in time, so that lengths of months
    decide.  Else one year of each calendar is looked through.
    """
    plain = [term for term in days.terms if not term.forms]
    if not days.years and any(_has_date(days.months, term) for term in plain):
        return True
    if not days.years and len(plain) == len(days.terms):
        return False
    calendars = {_calendar(year): year for year in days.years or EVERY_CALENDAR}
    return any(
        days.holds(date(year, month, day))
        for year in calendars.values()
        for month in days.months
        for day in range(1, length(year, month) + 1)
    )


def _calendar(year: int) -> tuple[int, int]:
    return date(year, 1, 1).weekday(), length(year, 2)


def _has_date(months: frozenset[int], term: Term) -> bool:
    first = min(term.days, default=32)
    return bool(term.weekdays) and any(first <= LONGEST[month - 1] for month in months)


def why_never(days: Days) -> str:
    """The reason, for somebody who wrote an expression that never comes due."""
    firsts = [min(term.days, default=0) for term in days.terms]
    longest = max(LONGEST[month - 1] for month in days.months)
    if days.years or not firsts or min(firsts) <= longest:
        return "no day is left by its fields taken together"
    names = [MONTH_NAMES[month] for month in sorted(days.months)]
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return f"{listed} {'have' if len(names) > 1 else 'has'} no day {min(firsts)}"

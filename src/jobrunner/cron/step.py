"""From one matching day to the next or the previous: croniter, over naive time, steps."""

import re
from copy import copy
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from jobrunner.cron.day import ALL_MONTHS, FIRST_DAY, LAST_DAY, Days, Term
from jobrunner.cron.form import ALL_DAYS, ALL_WEEKDAYS

DAY = timedelta(days=1)
# So far ahead days are looked at one by one, which takes less time than a single step of croniter.
WEEK = tuple(timedelta(days=number) for number in range(1, 8))
# 29 February is on a given weekday every 28 years, or after 40 where a century is no leap year.
LONGEST_WAIT = 41
LAST_MINUTE = time(23, 59)
# No day of the month, no month, no year: some day of every week is one of such an expression.
WEEKLY = re.compile(r"@(?:hourly|daily|midnight|weekly)|(?:\S+\s+){2,3}[*?]\s+[*?]\s+[^\sLl#]+")


def day_after(days: Days, day: date) -> date | None:
    """The first matching day after `day`."""
    day = max(day, FIRST_DAY - DAY)
    while day < LAST_DAY:
        for near in WEEK:
            if days.holds(day + near):
                return day + near
        day += WEEK[-1]
        found = _nearest(days, day, back=False)
        if found is None or found > LAST_DAY:
            return None
        if days.holds(found):
            return found
        day = _past_other_years(days, found)
    return None


def day_before(days: Days, day: date) -> date | None:
    """The last matching day before `day`."""
    day = min(day, LAST_DAY + DAY)
    while day > FIRST_DAY:
        for near in WEEK:
            if days.holds(day - near):
                return day - near
        day -= WEEK[-1]
        found = _nearest(days, day, back=True)
        if found is None or found < FIRST_DAY:
            return None
        if days.holds(found):
            return found
        day = _before_other_years(days, found)
    return None


def reaches_far(expression: str) -> bool:
    """Whether two days of it may be more than a week apart, so that the library is wanted."""
    return WEEKLY.fullmatch(expression.strip()) is None


def library() -> Any:
    """croniter, once a day is sought that is further than a week away: most starts need none."""
    import croniter  # type: ignore[import-untyped]  # noqa: PLC0415 - costs more than a bare Python

    return croniter


def _past_other_years(days: Days, day: date) -> date:
    """`day`, or the eve of the next year in which anything is due."""
    if not days.years or day.year in days.years:
        return day
    later = min((year for year in days.years if year > day.year), default=MAXYEAR)
    return date(later - 1, 12, 31)


def _before_other_years(days: Days, day: date) -> date:
    if not days.years or day.year in days.years:
        return day
    earlier = max((year for year in days.years if year < day.year), default=MINYEAR)
    return date(earlier + 1, 1, 1)


def _nearest(days: Days, day: date, *, back: bool) -> date | None:
    """The day nearest to `day` that the plain values of some term allow."""
    found = [_step(_stepper(days.months, term), day, back=back) for term in days.terms]
    reached = [one for one in found if one is not None]
    return (max if back else min)(reached, default=None)


def _step(stepper: Any, day: date, *, back: bool) -> date | None:
    if stepper is None:
        return None
    # A copy, so that what one caller asked is never seen by another.
    fresh = copy(stepper)
    step = fresh.get_prev if back else fresh.get_next
    try:
        found = step(datetime, datetime.combine(day, time.min if back else LAST_MINUTE))
    except library().CroniterBadDateError:
        return None
    return date(found.year, found.month, found.day)


@lru_cache(maxsize=1024)
def _stepper(months: frozenset[int], term: Term) -> Any:
    """A croniter for every minute of these days, or None; it is only ever copied, never moved."""
    if not term.days or not term.weekdays:
        return None
    fields = (
        _listed(term.days, ALL_DAYS),
        _listed(months, ALL_MONTHS),
        _listed(term.weekdays, ALL_WEEKDAYS),
    )
    return library().croniter(
        "* * " + " ".join(fields),
        datetime.combine(FIRST_DAY, time.min),
        day_or=False,
        max_years_between_matches=LONGEST_WAIT,
    )


def _listed(values: frozenset[int], everything: frozenset[int]) -> str:
    return "*" if values == everything else ",".join(map(str, sorted(values)))

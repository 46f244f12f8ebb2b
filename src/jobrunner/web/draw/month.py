"""The days of a month or week as a calendar has them: whole weeks, Mondays first."""

from datetime import date, timedelta

DAYS = 7


def week_of(day: date) -> list[date]:
    """The week that a day lies in."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(DAYS)]


def weeks_of(day: date) -> list[list[date]]:
    """The weeks that the month of a day touches."""
    first = day.replace(day=1)
    after = next_month(day)
    weeks = [week_of(first)]
    while weeks[-1][-1] + timedelta(days=1) < after:
        weeks.append(week_of(weeks[-1][-1] + timedelta(days=1)))
    return weeks


def next_month(day: date) -> date:
    """The first day of the month that follows."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def last_month(day: date) -> date:
    """The first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)

"""Sets of days that are off: from a country's law, an iCalendar file, or a plain list."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

from jobrunner.errors import UnusableError
from jobrunner.model.value import Dates

PLAIN_YEARLY = re.compile(r"FREQ=YEARLY(;(WKST=\w+|BYMONTH=\d+|BYMONTHDAY=\d+|INTERVAL=1))*")
LONGEST = 366


class Days(Protocol):
    """A set of days, without an end."""

    def __contains__(self, day: object, /) -> bool: ...


@lru_cache(maxsize=64)
def of_country(country: str, region: str) -> Days:
    """The public holidays of a country, or of one region of it."""
    try:
        import holidays  # noqa: PLC0415  # an extra, and slow: only for who names a country
    except ImportError as error:
        raise UnusableError(
            'holidays of a country need the extra: pip install "jobrunner[holidays]"'
        ) from error
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        raise UnusableError(f'"{country}" is not a country whose holidays are known')
    if region and region not in known[country]:
        raise UnusableError(f'"{region}" is not a region of {country}: {", ".join(known[country])}')
    days: Days = holidays.country_holidays(country, subdiv=region or None)
    return days


def of_list(text: str) -> Dates:
    """A plain file: a date a line as 2026-12-24, or 12-24 for every year; # begins a comment."""
    single, yearly = set(), set()
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        try:
            if re.fullmatch(r"\d\d-\d\d", word, re.ASCII):
                day = date.fromisoformat(f"2000-{word}")
                yearly.add((day.month, day.day))
            elif word:
                single.add(date.fromisoformat(word))
        except ValueError as error:
            raise UnusableError(f'line {number}: "{word}" is not a date as 2026-12-24') from error
    return Dates(frozenset(single), frozenset(yearly))


def of_ics(text: str) -> Dates:
    """An iCalendar file: its all-day events; those that recur must recur once a year."""
    single: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for event in _events(text):
        days, rule = _event_days(event), event.get("RRULE", "")
        if not rule:
            single.update(days)
        elif PLAIN_YEARLY.fullmatch(rule):
            yearly.update((day.month, day.day) for day in days)
        elif days:
            raise UnusableError(f"an event recurs by {rule}: only plain yearly ones are understood")
    if not single and not yearly:
        raise UnusableError("no all-day event found")
    return Dates(frozenset(single), frozenset(yearly))


def _events(text: str) -> Iterator[dict[str, str]]:
    """The properties of each event, without their parameters."""
    event: dict[str, str] = {}
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        head, _, value = line.partition(":")
        name = head.partition(";")[0].upper()
        if (name, value.strip()) == ("BEGIN", "VEVENT"):
            event = {}
        elif (name, value.strip()) == ("END", "VEVENT"):
            yield event
        else:
            event[name] = value.strip()


def _event_days(event: dict[str, str]) -> list[date]:
    """The days of one event; none if it has a time of day.  DTEND is the day after the last one."""
    first, end = (_event_date(event.get(name, "")) for name in ("DTSTART", "DTEND"))
    if first is None:
        return []
    length = min((end - first).days, LONGEST) if end else 1
    return [first + timedelta(days=n) for n in range(max(1, length))]


def _event_date(value: str) -> date | None:
    if not re.fullmatch(r"\d{8}", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise UnusableError(f"{value} is not a date") from error
